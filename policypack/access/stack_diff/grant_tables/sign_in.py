"""Who may sign in, or whose tokens a resource accepts: settings beside which the documents of AWS often say nothing.

A grantee is in words, as AWS has no ARN for it. `sign_in_values` gives some properties another value than the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policypack.access.stack_diff.grant_tables.direct_grant import DirectGrant

_INVOKE = ("execute-api:Invoke",)
_OPEN = ("none", "")
_METHOD = ("arn:aws:execute-api:*:*:{restApi}/*/{httpMethod}/{resourceId}",)
_ROUTE = ("arn:aws:execute-api:*:*:{apiId}/*/{routeKey}",)
_SCOPES = (("StringEquals", "scope", "{authorizationScopes[*]}"),)
WITHOUT_SIGN_IN = "without sign-in"
"""The value of a listener's actions that no longer sign anyone in, and that signed callers in before."""
LISTENERS: Mapping[str, str] = {
    f"aws:{module}/{kind}": name
    for module in ("lb", "alb")
    for kind, name in (("listener:Listener", "defaultActions"), ("listenerRule:ListenerRule", "actions"))
}
"""By type, the property with the actions."""


def _accepts(*grantees: str, action: str, on: str, **more: Any) -> DirectGrant:
    return DirectGrant(grantees, (action,), (on,), changes_only=True, **more)


def _accepted(on: tuple[str, ...], by: str, *authorizations: str) -> DirectGrant:
    """Who may call a method or a route whose authorizer decides about tokens and scopes."""
    callers = ("callers that {authorizerId} accepts",)
    return DirectGrant(callers, _INVOKE, on, _SCOPES, when=(by, authorizations), changes_only=True)


def _graphql(entries: str) -> tuple[DirectGrant, ...]:
    """Who may send queries by one of the ways to sign in of a GraphQL API."""
    return tuple(
        DirectGrant(
            (grantee,),
            ("appsync:GraphQL",),
            ("apis/{name}",),
            conditions,
            entries=entries,
            when=("authenticationType", (value,)),
            changes_only=True,
            service="appsync",
        )
        for value, grantee, conditions in (
            (
                "amazon_cognito_user_pools",
                "users of {userPoolConfig.userPoolId}",
                (("StringEquals", "client", "{userPoolConfig.appIdClientRegex}"),),
            ),
            (
                "openid_connect",
                "tokens of {openidConnectConfig.issuer}",
                (("StringEquals", "client", "{openidConnectConfig.clientId}"),),
            ),
            ("aws_lambda", "callers that a Lambda authorizer accepts", ()),
        )
    )


_MUTUAL_TLS = ("mutualTlsAuthentication.truststoreUri", ("",))
_DOMAIN = (_accepts("*", action=_INVOKE[0], on="{domainName}", when=_MUTUAL_TLS),)
_SELF_SIGN_UP = ("adminCreateUserConfig.allowAdminCreateUserOnly", ("false", ""))
_CREDENTIALS = "cognito-identity:GetCredentialsForIdentity"
_POOL = "identitypool/{identityPoolName}"
_DATA_PORTAL = "datazone:GetIamPortalLoginUrl"
_AUTHORIZED = "verifiedpermissions:IsAuthorizedWithToken"
_DATABASE_SIGN_IN = "iamDatabaseAuthenticationEnabled"
_CONNECT = "rds-db:connect"
_SELECTION = "configuration.openIdConnectConfiguration.tokenSelection"
_IDENTITIES = "identities that may `rds-db:connect`"
_SIGNED = (("Bool", "rds:IamAuthentication", "true"),)
_DATABASE = (_accepts(_IDENTITIES, action=_CONNECT, on="{resource}", when=(_DATABASE_SIGN_IN, ("true",))),)

SIGN_IN: Mapping[str, tuple[DirectGrant, ...]] = {
    "aws:apigateway/authorizer:Authorizer": (
        _accepts("users of {providerArns[*]}", action=_INVOKE[0], on="arn:aws:execute-api:*:*:{restApi}/*"),
    ),
    "aws:apigateway/domainName:DomainName": _DOMAIN,
    "aws:apigateway/method:Method": (
        DirectGrant(("holders of API keys",), _INVOKE, _METHOD, when=("authorization", _OPEN), changes_only=True),
        _accepted(_METHOD, "authorization", "cognito_user_pools", "custom"),
    ),
    "aws:apigatewayv2/authorizer:Authorizer": (
        _accepts(
            "tokens of {jwtConfiguration.issuer}",
            action=_INVOKE[0],
            on="arn:aws:execute-api:*:*:{apiId}/*",
            conditions=(("StringEquals", "jwt:aud", "{jwtConfiguration.audiences[*]}"),),
        ),
    ),
    "aws:apigatewayv2/domainName:DomainName": _DOMAIN,
    "aws:apigatewayv2/route:Route": (_accepted(_ROUTE, "authorizationType", "jwt", "custom"),),
    "aws:appsync/api:Api": (
        _accepts(
            "*",
            action="appsync:EventConnect",
            on="{name}",
            when=("eventConfig.authProviders[*].authType", ("api_key",)),
        ),
    ),
    "aws:appsync/channelNamespace:ChannelNamespace": (
        *(
            _accepts("*", action=f"appsync:Event{what}", on="{name}", when=(f"{path}[*].authType", ("api_key",)))
            for what, path in (("Publish", "publishAuthModes"), ("Subscribe", "subscribeAuthModes"))
        ),
    ),
    "aws:appsync/graphQLApi:GraphQLApi": (*_graphql(""), *_graphql("additionalAuthenticationProviders[*]")),
    "aws:cognito/identityPool:IdentityPool": (
        _accepts(
            "users of {providerName} by {clientId|any client}",
            action=_CREDENTIALS,
            on=_POOL,
            service="cognito-identity",
            entries="cognitoIdentityProviders[*]",
        ),
        _accepts(
            "users of {openidConnectProviderArns[*]}",
            "users of {samlProviderArns[*]}",
            "users of {supportedLoginProviders}",
            "users of {developerProviderName}",
            action=_CREDENTIALS,
            on=_POOL,
            service="cognito-identity",
        ),
    ),
    "aws:cognito/identityProvider:IdentityProvider": (
        _accepts(
            "users of {providerDetails.oidc_issuer/providerDetails.MetadataURL}",
            action="cognito-idp:InitiateAuth",
            on="userpool/{userPoolId}",
            service="cognito-idp",
        ),
    ),
    "aws:cognito/userPool:UserPool": (
        _accepts("*", action="cognito-idp:SignUp", on="userpool/{resource}", when=_SELF_SIGN_UP, service="cognito-idp"),
    ),
    "aws:cognito/userPoolClient:UserPoolClient": (
        _accepts(
            "users of {supportedIdentityProviders[*]}",
            action="cognito-idp:InitiateAuth",
            on="userpool/{userPoolId}",
            service="cognito-idp",
        ),
    ),
    "aws:datazone/domain:Domain": (
        _accepts(
            "users of IAM Identity Center whom the domain lists",
            action=_DATA_PORTAL,
            on="{resource}",
            when=("singleSignOn.type", ("iam_idc",)),
        ),
        _accepts(
            "every user of IAM Identity Center",
            action=_DATA_PORTAL,
            on="{resource}",
            when=("singleSignOn.userAssignment", ("automatic",)),
            unless=("singleSignOn.type", ("disabled",)),
        ),
    ),
    "aws:eks/identityProviderConfig:IdentityProviderConfig": (
        _accepts(
            "tokens of {oidc.issuerUrl} for {oidc.clientId}", action="eks:AccessKubernetesApi", on="{clusterName}"
        ),
    ),
    "aws:iam/samlProvider:SamlProvider": (
        _accepts("assertions of {samlMetadataDocument}", action="sts:AssumeRoleWithSAML", on="{resource}"),
    ),
    "aws:msk/cluster:Cluster": (
        _accepts(
            "*",
            action="kafka-cluster:Connect",
            on="cluster/{clusterName}",
            service="kafka",
            when=("clientAuthentication.unauthenticated", ("true",)),
        ),
    ),
    "aws:neptune/cluster:Cluster": (
        _accepts(
            "connections without a signature",
            action="neptune-db:connect",
            on="{resource}",
            when=(_DATABASE_SIGN_IN, ("false", "")),
        ),
    ),
    "aws:opensearch/domainSamlOptions:DomainSamlOptions": (
        _accepts("assertions of {samlOptions.idp.entityId}", action="es:ESHttpGet", on="domain/{domainName}"),
    ),
    "aws:rds/cluster:Cluster": _DATABASE,
    "aws:rds/instance:Instance": _DATABASE,
    "aws:rds/proxy:Proxy": (
        *(
            _accepts(
                "the database user of {secretArn/username|the proxy}",
                action=_CONNECT,
                on="{resource}",
                conditions=signed,
                entries="auths[*]",
                when=("iamAuth", values),
            )
            for values, signed in ((("required",), _SIGNED), (("disabled", "enabled", ""), ()))
        ),
        _accepts(_IDENTITIES, action=_CONNECT, on="{resource}", when=("defaultAuthScheme", ("iam_auth",))),
        _accepts("connections without TLS", action="rds:Connect", on="{resource}", when=("requireTls", ("false", ""))),
    ),
    "aws:rolesanywhere/trustAnchor:TrustAnchor": (
        _accepts(
            "certificates of {source.sourceData.acmPcaArn}", action="rolesanywhere:CreateSession", on="{resource}"
        ),
    ),
    "aws:ssoadmin/trustedTokenIssuer:TrustedTokenIssuer": (
        _accepts(
            "tokens of {trustedTokenIssuerConfiguration.oidcJwtConfiguration.issuerUrl}",
            action="sso-oauth:CreateTokenWithIAM",
            on="{resource}",
        ),
    ),
    "aws:verifiedaccess/trustProvider:TrustProvider": (
        _accepts("tokens of {oidcOptions.issuer}", action="verified-access:SignIn", on="{resource}"),
    ),
    "aws:verifiedpermissions/identitySource:IdentitySource": (
        _accepts(
            "users of {configuration.cognitoUserPoolConfiguration.userPoolArn}",
            action=_AUTHORIZED,
            on="{resource}",
            conditions=(("StringEquals", "client", "{configuration.cognitoUserPoolConfiguration.clientIds[*]}"),),
        ),
        _accepts(
            "tokens of {configuration.openIdConnectConfiguration.issuer}",
            action=_AUTHORIZED,
            on="{resource}",
            conditions=(
                (
                    "StringEquals",
                    "client",
                    f"{{{_SELECTION}.accessTokenOnly.audiences[*]/{_SELECTION}.identityTokenOnly.clientIds[*]}}",
                ),
            ),
        ),
    ),
    **{
        token: (_accepts("*", action="elasticloadbalancing:Request", on="{resource}", when=(name, (WITHOUT_SIGN_IN,))),)
        for token, name in LISTENERS.items()
    },
}
"""By type token. Sources: the pages about authorization and authentication of each service's guide, such as
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html,
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html,
https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html,
https://docs.aws.amazon.com/cognito/latest/developerguide/identity-pools.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html,
https://docs.aws.amazon.com/datazone/latest/userguide/enable-IAM-identity-center-for-datazone.html,
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html,
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html,
https://docs.aws.amazon.com/neptune/latest/userguide/iam-auth-enable.html,
https://docs.aws.amazon.com/verifiedpermissions/latest/userguide/identity-sources.html and
https://docs.aws.amazon.com/msk/latest/developerguide/kafka_apis_iam.html."""
