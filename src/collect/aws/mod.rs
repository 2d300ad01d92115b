//! AWS: what the control plane says, through its own SDK.
