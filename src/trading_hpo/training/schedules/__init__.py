"""How the learning rate moves while a network trains: one file a schedule, one line a schedule in the registry."""
