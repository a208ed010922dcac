"""Whether outcomes can be trusted, and what they mean: LAB001, LAB002, LAB004, FIT005."""
