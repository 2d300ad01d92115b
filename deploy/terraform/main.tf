# Scans the Aurora clusters of this account every night from inside their VPC: EventBridge Scheduler starts a Fargate task, its files
# lie on an encrypted file system, and whoever is named is told when a scan ends with another code than 0 or does not begin.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
}

# Who the scanner is: what `aurora-audit permissions --policy` prints, and the one login.
data "aws_iam_policy_document" "scanner_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "scanner" {
  source_policy_documents = [file("${path.module}/../iam-policy.json")]
  statement {
    sid       = "LogIn"
    actions   = ["rds-db:connect"]
    resources = ["arn:${local.partition}:rds-db:*:${local.account}:dbuser:*/${var.database_user}"]
  }
  statement {
    sid       = "OwnFiles"
    actions   = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    resources = [aws_efs_file_system.work.arn]
    condition {
      test     = "StringEquals"
      variable = "elasticfilesystem:AccessPointArn"
      values   = [aws_efs_access_point.work.arn]
    }
  }
}

resource "aws_iam_role" "scanner" {
  name_prefix        = "aurora-audit-"
  assume_role_policy = data.aws_iam_policy_document.scanner_trust.json
}

resource "aws_iam_role_policy" "scanner" {
  name   = "aurora-audit"
  role   = aws_iam_role.scanner.id
  policy = data.aws_iam_policy_document.scanner.json
}

data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.scan.arn}:*"]
  }
}

resource "aws_iam_role" "execution" {
  name_prefix        = "aurora-audit-start-"
  assume_role_policy = data.aws_iam_policy_document.scanner_trust.json
}

resource "aws_iam_role_policy" "execution" {
  name   = "logs"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_cloudwatch_log_group" "scan" {
  name_prefix       = "aurora-audit-"
  retention_in_days = 365
}

# Where it stands: nothing connects to it, and it connects to AWS, to the databases and to its files.
resource "aws_security_group" "scanner" {
  name_prefix = "aurora-audit-"
  description = "The scanner aurora-audit, which nothing connects to"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "aws" {
  security_group_id = aws_security_group.scanner.id
  description       = "Endpoints of AWS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "databases" {
  security_group_id            = aws_security_group.scanner.id
  description                  = "Databases"
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
  referenced_security_group_id = var.database_security_group_id
}

resource "aws_vpc_security_group_ingress_rule" "databases" {
  security_group_id            = var.database_security_group_id
  description                  = "aurora-audit"
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
  referenced_security_group_id = aws_security_group.scanner.id
}

resource "aws_vpc_security_group_egress_rule" "files" {
  security_group_id            = aws_security_group.scanner.id
  description                  = "Its files"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = aws_security_group.files.id
}

resource "aws_security_group" "files" {
  name_prefix = "aurora-audit-files-"
  description = "Files of aurora-audit, from the scanner alone"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "files" {
  security_group_id            = aws_security_group.files.id
  description                  = "NFS from the scanner"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = aws_security_group.scanner.id
}

# What scans leave behind tells an attacker where to begin.
resource "aws_efs_file_system" "work" {
  encrypted = true
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_efs_backup_policy" "work" {
  file_system_id = aws_efs_file_system.work.id
  backup_policy {
    status = "ENABLED"
  }
}

resource "aws_efs_access_point" "work" {
  file_system_id = aws_efs_file_system.work.id
  posix_user {
    uid = 65532
    gid = 65532
  }
  root_directory {
    path = "/aurora-audit"
    creation_info {
      owner_uid   = 65532
      owner_gid   = 65532
      permissions = "0700"
    }
  }
}

resource "aws_efs_mount_target" "work" {
  for_each        = toset(var.subnet_ids)
  file_system_id  = aws_efs_file_system.work.id
  subnet_id       = each.value
  security_groups = [aws_security_group.files.id]
}

# What runs.
resource "aws_ecs_cluster" "scan" {
  name = "aurora-audit"
}

resource "aws_ecs_task_definition" "scan" {
  family                   = "aurora-audit"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  task_role_arn            = aws_iam_role.scanner.arn
  execution_role_arn       = aws_iam_role.execution.arn

  volume {
    name = "work"
    efs_volume_configuration {
      file_system_id     = aws_efs_file_system.work.id
      transit_encryption = "ENABLED"
      authorization_config {
        access_point_id = aws_efs_access_point.work.id
        iam             = "ENABLED"
      }
    }
  }

  container_definitions = jsonencode([{
    name                   = "aurora-audit"
    image                  = var.image
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
    mountPoints            = [{ sourceVolume = "work", containerPath = "/work" }]
    command = [
      "scan", "--iam",
      "--output=html=/work/latest.html", "--output=json=/work/latest.json", "--output=sarif=/work/latest.sarif",
    ]
    environment = [
      { name = "AURORA_AUDIT_REGION", value = join(",", var.regions) },
      { name = "AURORA_AUDIT_LOGIN", value = var.database_user },
      { name = "AURORA_AUDIT_SNAPSHOT_FOLDER", value = "/work/snapshots" },
      { name = "AURORA_AUDIT_KEEP", value = tostring(var.keep) },
      { name = "AURORA_AUDIT_SUMMARY", value = "/work/summary.json" },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.scan.name
        awslogs-region        = data.aws_region.this.name
        awslogs-stream-prefix = "scan"
      }
    }
  }])
}

# When it runs.
data "aws_iam_policy_document" "scheduler_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    actions   = ["ecs:RunTask"]
    resources = [aws_ecs_task_definition.scan.arn]
  }
  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.scanner.arn, aws_iam_role.execution.arn]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.undelivered.arn]
  }
}

resource "aws_iam_role" "scheduler" {
  name_prefix        = "aurora-audit-schedule-"
  assume_role_policy = data.aws_iam_policy_document.scheduler_trust.json
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "start-the-scan"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.scheduler.json
}

resource "aws_scheduler_schedule" "nightly" {
  name                         = "aurora-audit"
  schedule_expression          = var.schedule
  schedule_expression_timezone = "UTC"
  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = aws_ecs_cluster.scan.arn
    role_arn = aws_iam_role.scheduler.arn
    retry_policy {
      maximum_retry_attempts       = 2
      maximum_event_age_in_seconds = 3600
    }
    dead_letter_config {
      arn = aws_sqs_queue.undelivered.arn
    }
    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.scan.arn
      launch_type         = "FARGATE"
      task_count          = 1
      network_configuration {
        assign_public_ip = false
        subnets          = var.subnet_ids
        security_groups  = [aws_security_group.scanner.id]
      }
    }
  }
}

# Who is told.
resource "aws_sns_topic" "alarms" {
  name_prefix = "aurora-audit-"
}

resource "aws_sns_topic_subscription" "alarms" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

data "aws_iam_policy_document" "alarms" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com", "cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_cloudwatch_event_rule" "not_clean" {
  name_prefix = "aurora-audit-"
  description = "A scan failed at the gate (1), was wrongly set up (2), is incomplete (3), found nothing (4) or broke"
  event_pattern = jsonencode({
    source        = ["aws.ecs"]
    "detail-type" = ["ECS Task State Change"]
    detail = {
      clusterArn = [aws_ecs_cluster.scan.arn]
      lastStatus = ["STOPPED"]
      "$or" = [
        { containers = { exitCode = [{ "anything-but" = 0 }] } },
        { stopCode = [{ "anything-but" = "EssentialContainerExited" }] },
      ]
    }
  })
}

resource "aws_cloudwatch_event_target" "not_clean" {
  rule = aws_cloudwatch_event_rule.not_clean.name
  arn  = aws_sns_topic.alarms.arn
  input_transformer {
    input_paths = {
      code = "$.detail.containers[0].exitCode"
      task = "$.detail.taskArn"
      why  = "$.detail.stoppedReason"
    }
    input_template = "\"aurora-audit ended with <code>: <why> (<task>). The log and /work/summary.json say more.\""
  }
}

resource "aws_sqs_queue" "undelivered" {
  name_prefix               = "aurora-audit-"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_cloudwatch_metric_alarm" "not_begun" {
  alarm_name          = "aurora-audit-not-begun"
  alarm_description   = "A scan of aurora-audit could not be begun"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.undelivered.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}
