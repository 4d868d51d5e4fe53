"""A Fargate service that reads a database's password from the secret that RDS manages."""

import json

import pulumi
import pulumi_aws as aws

region = aws.get_region().region
vpc = aws.ec2.Vpc("main", cidr_block="10.1.0.0/16")
subnets = [
    aws.ec2.Subnet(zone, vpc_id=vpc.id, cidr_block=f"10.1.{index}.0/24", availability_zone=f"{region}{zone}")
    for index, zone in enumerate("ab")
]
service_group = aws.ec2.SecurityGroup("service", vpc_id=vpc.id)
database_group = aws.ec2.SecurityGroup(
    "database",
    vpc_id=vpc.id,
    ingress=[{"protocol": "tcp", "from_port": 5432, "to_port": 5432, "security_groups": [service_group.id]}],
)
database = aws.rds.Instance(
    "orders",
    engine="postgres",
    engine_version="17.6",
    instance_class="db.t4g.micro",
    allocated_storage=20,
    storage_encrypted=True,
    username="orders",
    manage_master_user_password=True,
    port=5432,
    publicly_accessible=False,
    db_subnet_group_name=aws.rds.SubnetGroup("orders", subnet_ids=[subnet.id for subnet in subnets]).name,
    vpc_security_group_ids=[database_group.id],
    parameter_group_name=aws.rds.ParameterGroup(
        "orders", family="postgres17", parameters=[{"name": "rds.force_ssl", "value": "1"}]
    ).name,
    skip_final_snapshot=False,
    final_snapshot_identifier="orders-final",
)
password = aws.rds.Cluster(
    "reports",
    engine="aurora-postgresql",
    engine_mode="provisioned",
    cluster_identifier="reports",
    master_username="reports",
    master_password=pulumi.Config().require_secret("password"),
    storage_encrypted=True,
    skip_final_snapshot=True,
    serverlessv2_scaling_configuration={"min_capacity": 0.5, "max_capacity": 2},
)
aws.rds.ClusterInstance(
    "reports", cluster_identifier=password.id, engine="aurora-postgresql", instance_class="db.serverless"
)
token = aws.secretsmanager.Secret("token")
logs = aws.cloudwatch.LogGroup("service", name="/acme/service", retention_in_days=30)
execution = aws.iam.Role(
    "execution",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": aws.get_caller_identity().account_id}},
                }
            ],
        }
    ),
)
aws.iam.RolePolicyAttachment(
    "execution",
    role=execution.name,
    policy_arn="arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
)
cluster = aws.ecs.Cluster("main", settings=[{"name": "containerInsights", "value": "enabled"}])
task = aws.ecs.TaskDefinition(
    "service",
    family="service",
    cpu="256",
    memory="512",
    network_mode="awsvpc",
    requires_compatibilities=["FARGATE"],
    execution_role_arn=execution.arn,
    container_definitions=pulumi.Output.json_dumps(
        [
            {
                "name": "service",
                "image": "public.ecr.aws/docker/library/nginx:1.29",
                "essential": True,
                "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
                "environment": [{"name": "DATABASE", "value": database.endpoint}],
                "secrets": [
                    {"name": "TOKEN", "valueFrom": token.arn},
                    {"name": "PASSWORD", "valueFrom": database.master_user_secrets[0].secret_arn},
                ],
                "readonlyRootFilesystem": True,
                "dockerLabels": {"team": "orders"},
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": logs.name,
                        "awslogs-region": region,
                        "awslogs-stream-prefix": "service",
                    },
                },
            }
        ]
    ),
)
aws.ecs.Service(
    "service",
    cluster=cluster.arn,
    task_definition=task.arn,
    desired_count=2,
    launch_type="FARGATE",
    deployment_circuit_breaker={"enable": True, "rollback": True},
    network_configuration={
        "subnets": [subnet.id for subnet in subnets],
        "security_groups": [service_group.id],
        "assign_public_ip": False,
    },
)
pulumi.export("database", database.address)
