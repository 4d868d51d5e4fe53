"""The solver: policy documents come in, and a request that one allows and another does not goes out.

It knows no stack and no resource: only documents, their statements, and requests.
"""
