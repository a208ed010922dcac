"""Rules about the terms of texts: TXT001, TXT002."""
