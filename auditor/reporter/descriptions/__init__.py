"""Descriptions of the data for others: Croissant, a card, a datasheet, a checklist."""
