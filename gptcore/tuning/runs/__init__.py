"""What runs share that compare a model with a reference: settings, steps, folder, order."""
