"""The solver: policy documents come in, and whether one allows a request that another does not, with the request, goes out.

It knows no stack and no resource: only documents, their statements, and requests.
"""
