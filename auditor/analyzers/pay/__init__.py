"""Rules about pay: PAY001 to PAY003."""
