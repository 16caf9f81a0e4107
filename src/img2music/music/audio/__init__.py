"""Track -> affect from its sound: features, network and the model of people's ratings."""
