"""The hiring sample, so that an installed program has data to try: made anew, byte for byte, and its stated use."""
