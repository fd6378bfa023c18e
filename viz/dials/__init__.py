"""Controls on a page without Python: their pictures or their numbers, made beforehand."""
