"""What predicts a group or the outcome: PRX001 to PRX005, TXT003, TXT004, LAB003, MDL001, MDL002."""
