//! A throw-away CA and a certificate for loopback names, made anew at each start.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The CA's certificate as a file; gone when this is dropped.
#[derive(Debug)]
pub(crate) struct CaFile {
    folder: PathBuf,
    file: PathBuf,
}

impl CaFile {
    fn write(pem: &str) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // Whoever trusts this file trusts what it holds: nobody else may have made the folder, or may write in it.
        let folder = loop {
            let unique = format!("okx-fast-sim-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let folder = std::env::temp_dir().join(unique);
            match fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => break folder,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        };
        let file = folder.join("ca.pem");
        fs::write(&file, pem)?;
        Ok(Self { folder, file })
    }

    pub fn path(&self) -> &Path {
        &self.file
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        // Best effort: a leftover in the temporary folder harms nobody.
        let _ = fs::remove_file(&self.file);
        let _ = fs::remove_dir(&self.folder);
    }
}

pub(crate) fn loopback() -> io::Result<(Arc<ServerConfig>, CaFile)> {
    let (config, pem) = make().map_err(|error| io::Error::other(format!("simulator's certificate: {error}")))?;
    Ok((Arc::new(config), CaFile::write(&pem)?))
}

fn make() -> Result<(ServerConfig, String), Box<dyn std::error::Error + Send + Sync>> {
    let mut ca = CertificateParams::new(Vec::<String>::new())?;
    ca.distinguished_name.push(DnType::CommonName, "okx-fast simulator, throw-away CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    let ca_key = KeyPair::generate()?;
    let ca_cert = ca.self_signed(&ca_key)?;
    let issuer = Issuer::new(ca, ca_key);

    let mut leaf = CertificateParams::new(vec!["localhost".to_owned()])?;
    leaf.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    leaf.subject_alt_names.push(SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    leaf.distinguished_name.push(DnType::CommonName, "okx-fast simulator (not OKX)");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let leaf_key = KeyPair::generate()?;
    let leaf_cert = leaf.signed_by(&leaf_key, &issuer)?;

    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf_cert.der().clone(), ca_cert.der().clone()], key)?;
    // Nothing is resumed here, and a client of Python's ssl (3.11: 3 in 11,000 connections) stalled when a ticket came
    // in on one of its threads while another sent.
    config.send_tls13_tickets = 0;
    Ok((config, ca_cert.pem()))
}
