"""What a policy is: cards, resources and outcomes, and the values that Pulumi sends, decoded. Imports nothing of ours."""
