"""What every picture is made of: scenes, colours, labels, controls. It imports no other room."""
