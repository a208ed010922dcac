"""Whether the data are those that the use needs: FIT001 to FIT004."""
