"""CloudFormation templates of what a program registers: written, and validated by cfn-lint and by our own policies."""
