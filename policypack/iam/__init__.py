"""IAM's language: texts of policy documents, ARNs and addresses come in, and frozen values go out."""
