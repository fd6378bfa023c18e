"""What a device is and can do: gpus, number formats, its peak, a check of the machine."""
