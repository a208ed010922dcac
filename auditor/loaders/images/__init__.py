"""Images -> columns: sets of images in folders and manifests, and the properties of each image."""
