variable "image" {
  description = "The container image of a release, with its digest"
  type        = string
  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest: NAME@sha256:…"
  }
}

variable "schedule" {
  description = "When, as an expression of EventBridge Scheduler, in UTC"
  type        = string
  default     = "cron(15 3 * * ? *)"
}

variable "regions" {
  description = "AWS regions to scan"
  type        = list(string)
}

variable "database_user" {
  description = "Database account that logs in by tokens of IAM; `aurora-audit permissions --sql` prints how to create it"
  type        = string
  default     = "aurora_audit"
}

variable "keep" {
  description = "Snapshots to keep of each account and region"
  type        = number
  default     = 90
}

variable "vpc_id" {
  description = "The VPC of the databases"
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, one in each zone, with a route to AWS's endpoints (NAT, or interface endpoints) and to the databases"
  type        = list(string)
}

variable "database_security_group_id" {
  description = "The security group of the databases, which is opened to the scanner on their port"
  type        = string
}

variable "database_port" {
  description = "Port of the databases"
  type        = number
  default     = 3306
}

variable "alarm_email" {
  description = "Whoever is told when a scan fails, is incomplete or does not run"
  type        = string
}
