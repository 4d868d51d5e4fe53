"""Frameworks of controls: a name or a file and the policies' counts go in, the status of each requirement comes out.

`data/` has a file for each published framework, with its source and its date. Titles are ours. The requirements of AWS
Foundational Security Best Practices are the controls of Security Hub's standard; `related` is what AWS names as "Related
requirements" in the section of a control (https://docs.aws.amazon.com/securityhub/latest/userguide/), as of 2023-06-02
for controls that are older, so that NIST's requirements follow from the controls on cards. NIST's list has what Security
Hub's standard and AWS Audit Manager's framework for revision 5 name, with the titles of the catalog
(https://github.com/usnistgov/oscal-content).
"""
