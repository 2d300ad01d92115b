//! Values that must never be printed.

use std::fmt;

use zeroize::Zeroize;

/// A credential. Its `Debug` form is `***`, it has no `Display` and no serialisation, and when it is dropped its memory is overwritten.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a credential under guard.
    pub const fn new(value: String) -> Self {
        Self(value)
    }

    /// The credential itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_value() {
        assert_eq!(format!("{:?}", Secret::new("hunter2".to_owned())), "***");
    }
}
