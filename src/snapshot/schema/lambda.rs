//! AWS Lambda: functions, as far as a path to a database goes through them. Neither code nor environment variables, which often
//! hold secrets. Shapes: AWS Lambda API Reference, `ListFunctions`.

record! {
    /// A function, from `lambda:ListFunctions`.
    struct Function / FunctionAnswer = "lambda_function" {
        /// Name of the function.
        "FunctionName" function_name: String, unknown;
        /// ARN of the function.
        "FunctionArn" function_arn: String, unknown;
        /// ARN of the role that its code acts as.
        "Role" role: String, unknown;
        /// Where it stands in a VPC; none outside of all VPCs.
        "VpcConfig" vpc_config: VpcConfig, absent;
    }
}

record! {
    /// Where a function stands in a VPC.
    struct VpcConfig / VpcConfigAnswer = "lambda_vpc_config" {
        /// Id of the VPC; empty outside of all VPCs.
        "VpcId" vpc_id: String, absent;
        /// Ids of its subnets.
        "SubnetIds" subnet_ids: Vec<String>, empty;
        /// Ids of its security groups.
        "SecurityGroupIds" security_group_ids: Vec<String>, empty;
    }
}
