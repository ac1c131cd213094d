//! The knobs that use cases read; the server fills them from its configuration.

/// How the use cases behave. Durations say their unit.
#[derive(Debug, Clone)]
pub struct Settings {
    pub code_seconds: i64,
    /// Wrong codes before a challenge is dead.
    pub most_attempts: u32,
    pub codes_per_phone_per_hour: i64,
    pub codes_per_address_per_hour: i64,
    pub access_seconds: i64,
    pub refresh_days: i64,
    /// How long the refresh token before the valid one still passes.
    pub forgive_seconds: i64,
    /// How long a presigned part URL works.
    pub part_url_seconds: u64,
    /// How long a presigned read URL works; it is the same for half of that time, so that caches can keep it.
    pub read_url_seconds: u64,
    /// The base of public addresses, without a slash at the end.
    pub public_url: String,
    pub oidc: Vec<OidcProvider>,
}

/// An identity broker that speaks OpenID Connect, such as a broker of VNeID.
#[derive(Debug, Clone)]
pub struct OidcProvider {
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    pub scopes: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            code_seconds: 300,
            most_attempts: 5,
            codes_per_phone_per_hour: 5,
            codes_per_address_per_hour: 60,
            access_seconds: 600,
            refresh_days: 90,
            forgive_seconds: 120,
            part_url_seconds: 86_400,
            read_url_seconds: 21_600,
            public_url: "http://127.0.0.1:8080".into(),
            oidc: Vec::new(),
        }
    }
}
