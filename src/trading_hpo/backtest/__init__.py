"""Target positions -> held positions -> weights -> net returns."""
