"""What `make` runs: notebooks built and compared, links, downloads, costs, translations."""
