output "role_arn" {
  description = "The role of the scanner"
  value       = aws_iam_role.scanner.arn
}

output "file_system_id" {
  description = "Where snapshots, reports and the summary lie"
  value       = aws_efs_file_system.work.id
}
