//! Every path that is served, and what it takes to be let in.

use http::Method;

use crate::access::ADMIN;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Is the service up, and does it have keys?
    Health,
    /// What is served here, for programs?
    OpenApi,
    /// Who am I?
    Protected,
    /// Something for administrators.
    AdminDashboard,
    /// Store a file.
    Upload,
    /// Which files do I have?
    Uploads,
    /// Give me one of them.
    Download,
    /// Delete one of them.
    DeleteUpload,
}

impl Endpoint {
    /// Whether the role `admin`, which is not demanded here, opens what others do not get.
    #[must_use]
    pub const fn gives_admins_more(self) -> bool {
        matches!(self, Self::Download | Self::DeleteUpload)
    }
}

/// What it takes to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Open to everybody.
    Nothing,
    /// A good access token.
    AccessToken,
    /// A good access token whose claim `role` is this string.
    Role(&'static str),
}

/// One method of one path.
#[derive(Clone, Debug)]
pub struct Route {
    /// `GET` includes `HEAD`, which the HTTP server derives from it.
    pub method: Method,
    /// The exact path; the segment `{id}` stands for any one segment.
    pub path: &'static str,
    /// What is there.
    pub endpoint: Endpoint,
    /// What it takes.
    pub requires: Requirement,
}

const fn route(
    method: Method,
    path: &'static str,
    endpoint: Endpoint,
    requires: Requirement,
) -> Route {
    Route { method, path, endpoint, requires }
}

/// The whole surface.
pub static ROUTES: &[Route] = &[
    route(Method::GET, "/", Endpoint::Health, Requirement::Nothing),
    route(Method::GET, "/openapi.json", Endpoint::OpenApi, Requirement::Nothing),
    route(Method::GET, "/protected", Endpoint::Protected, Requirement::AccessToken),
    route(Method::GET, "/admin/dashboard", Endpoint::AdminDashboard, Requirement::Role(ADMIN)),
    route(Method::POST, "/upload", Endpoint::Upload, Requirement::AccessToken),
    route(Method::GET, "/uploads", Endpoint::Uploads, Requirement::AccessToken),
    route(Method::GET, "/uploads/{id}", Endpoint::Download, Requirement::AccessToken),
    route(Method::DELETE, "/uploads/{id}", Endpoint::DeleteUpload, Requirement::AccessToken),
];

/// Where a request leads.
#[derive(Clone, Debug)]
pub enum Lookup<'a> {
    /// To an endpoint, with the segment that stands for `{id}`, empty when there is none.
    Found(&'static Route, &'a str),
    /// To the list of a path's methods (`OPTIONS`).
    Methods(String),
    /// To this path, which is the same without the slashes at its end.
    Moved(&'a str),
    /// Nowhere: no such path.
    NotFound,
    /// Nowhere: the path has only these methods.
    MethodNotAllowed(String),
}

/// Slashes at the end of a path that are forgiven; each makes the redirect longer.
const MAX_SLASHES: usize = 16;

/// Finds the route of a request. Paths are compared byte by byte.
#[must_use]
pub fn find<'a>(method: &Method, path: &'a str) -> Lookup<'a> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let mut there =
        ROUTES.iter().filter_map(|route| Some((route, matches(route.path, path)?))).peekable();
    if there.peek().is_none() {
        let without = path.trim_end_matches('/');
        let slashes = path.len() - without.len();
        let is_there = (1..=MAX_SLASHES).contains(&slashes)
            && ROUTES.iter().any(|route| matches(route.path, without).is_some());
        return if is_there { Lookup::Moved(without) } else { Lookup::NotFound };
    }
    let mut allow = Vec::new();
    for (route, id) in there {
        if route.method == *method {
            return Lookup::Found(route, id);
        }
        allow.push(route.method.as_str());
        if route.method == Method::GET {
            allow.push("HEAD");
        }
    }
    allow.push("OPTIONS");
    let allow = allow.join(", ");
    if *method == Method::OPTIONS {
        Lookup::Methods(allow)
    } else {
        Lookup::MethodNotAllowed(allow)
    }
}

/// The segment that stands for `{id}`, or the empty string, when the path is of this form.
fn matches<'a>(form: &str, path: &'a str) -> Option<&'a str> {
    match form.strip_suffix("{id}") {
        None => (form == path).then_some(""),
        Some(front) => path.strip_prefix(front).filter(|id| !id.is_empty() && !id.contains('/')),
    }
}
