"""Networks of torchvision and timm, trained with PyTorch; everything here that needs torch imports it when called."""
