"""What studies and the sealed holdout say."""
