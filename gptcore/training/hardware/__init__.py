"""What a device is and can do: cards, number formats, its peak, a check of the machine."""
