//! AWS Security Token Service.

record! {
    /// Who collected, by `sts:GetCallerIdentity`.
    struct CallerIdentity / CallerIdentityAnswer = "caller_identity" {
        /// Account of the caller, twelve digits.
        "Account" account: String, unknown;
        /// ARN of the user or assumed role.
        "Arn" arn: String, unknown;
        /// Unique id of the user or `AROA…:session`.
        "UserId" user_id: String, unknown;
    }
}
