//! TLS with those that this machine trusts.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// The certificates that this machine trusts, and those that browsers do.
pub(in crate::capability) fn trusted() -> Arc<RootCertStore> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // Proxies of companies are known to the machine alone. A machine without a store has the others.
    let native = rustls_native_certs::load_native_certs();
    for error in native.errors {
        tracing::debug!(%error, "certificates of this machine");
    }
    roots.add_parsable_certificates(native.certs);
    Arc::new(roots)
}

/// How servers are spoken to whose certificates `roots` vouch for, in one of `protocols` (ALPN), best first.
pub(in crate::capability) fn client(
    roots: Arc<RootCertStore>,
    protocols: &[&[u8]],
) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut tls = tls.with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Arc::new(tls))
}
