"""What IAM says: policy documents, ARNs, actions, addresses and conditions as frozen values, parsed once."""
