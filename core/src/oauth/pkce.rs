//! Proof Key for Code Exchange (RFC 7636), method S256 only.

use sha2::{Digest as _, Sha256};

use crate::secret::{Secret, base64url};

/// A verifier of 43 characters (RFC 7636, section 4.1) from 32 random bytes.
pub(crate) fn code_verifier(entropy: [u8; 32]) -> Secret {
    Secret::new(base64url(&entropy))
}

/// `BASE64URL(SHA256(code_verifier))` (RFC 7636, section 4.2).
pub(crate) fn code_challenge(verifier: &Secret) -> String {
    base64url(&Sha256::digest(verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = Secret::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn a_verifier_has_the_length_that_the_rfc_asks_for() {
        assert_eq!(code_verifier([255; 32]).expose().len(), 43);
    }
}
