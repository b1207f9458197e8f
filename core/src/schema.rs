//! What a record or an operation looks like, as data: bindings, docs and tests are generated from it.

/// A record or an enum that the APIs take or return.
#[derive(Debug)]
pub struct ModelSchema {
    /// The type's name, the same in every language.
    pub name: &'static str,
    /// The key of a list of it, for instance `biomarkers`.
    pub plural: &'static str,
    /// The doc comment's lines.
    pub docs: &'static [&'static str],
    /// What it consists of.
    pub shape: Shape,
}

/// A record's fields or an enum's known values.
#[derive(Debug)]
pub enum Shape {
    /// Named fields, in order.
    Record(&'static [FieldSchema]),
    /// Known values as they travel; others are kept as they came.
    Enum(&'static [&'static str]),
}

/// One field of a record.
#[derive(Debug)]
pub struct FieldSchema {
    /// As it travels (snake_case).
    pub name: &'static str,
    /// The doc comment's lines.
    pub docs: &'static [&'static str],
    /// Its type.
    pub ty: Type,
    /// Why its value may stand in a log. A field without a reason is health data.
    pub safe: Option<&'static str>,
}

/// The types that cross a language border.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// A text. Dates and times stay RFC 3339 texts, exactly as sent.
    Text,
    /// A 64-bit floating point number.
    Number,
    /// A 64-bit integer.
    Integer,
    /// True or false.
    Boolean,
    /// A decimal number that travels as a text, kept digit by digit.
    Decimal,
    /// Any JSON value: the platform does not say more.
    Json,
    /// A JSON object: the platform does not say what is in it.
    Object,
    /// An answer without content.
    Nothing,
    /// Absent and null are the same.
    Optional(&'static Type),
    /// What an app may give, or take away with null. Always inside of an [`Optional`](Self::Optional): absent changes
    /// nothing.
    Nullable(&'static Type),
    /// A list inside a record.
    List(&'static Type),
    /// A page of a list operation.
    Page(&'static ModelSchema),
    /// A record or enum.
    Model(&'static ModelSchema),
}

/// A Rust type that has a [`Type`].
pub trait Typed {
    /// How it looks from outside.
    const TYPE: Type;

    /// Whether the caller left it out.
    fn is_absent(&self) -> bool {
        false
    }
}

impl Typed for String {
    const TYPE: Type = Type::Text;
}
impl Typed for f64 {
    const TYPE: Type = Type::Number;
}
impl Typed for i64 {
    const TYPE: Type = Type::Integer;
}
impl Typed for bool {
    const TYPE: Type = Type::Boolean;
}
impl<T: Typed> Typed for Option<T> {
    const TYPE: Type = Type::Optional(&T::TYPE);

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}
impl<T: Typed> Typed for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);
}

impl Typed for () {
    const TYPE: Type = Type::Nothing;
}

/// A record that the APIs take or return, defined by `#[model]`.
pub trait Model: Typed + Clone + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static {
    /// Its description.
    const SCHEMA: &'static ModelSchema;
}

/// One API operation, as declared in `api/`.
#[derive(Debug)]
pub struct Operation {
    /// `service.method`, for instance `clinical.list_biomarkers`.
    pub name: &'static str,
    /// The service, for instance `clinical`.
    pub service: &'static str,
    /// The service as it stands in host names.
    pub host: &'static str,
    /// The method's name, snake_case.
    pub method_name: &'static str,
    /// The HTTP method.
    pub http_method: &'static str,
    /// The route template, for instance `/v1/protocols/{protocol_id}`.
    pub path: &'static str,
    /// What the caller gives.
    pub parameters: &'static [Parameter],
    /// What comes back.
    pub result: Type,
    /// The member of the answer that holds the result, where it is not the whole of it.
    pub within: Option<&'static str>,
    /// What the person has to grant; none where no person's token opens the route.
    pub scope: Option<&'static str>,
    /// What a machine's token has to hold; none where the route is about the person who calls.
    pub machine_scope: Option<&'static str>,
    /// The doc comment's lines.
    pub docs: &'static [&'static str],
    /// Decodes an answer as Rust does and writes it in the one JSON form that bindings hand out.
    pub normalize: fn(&crate::api::Received) -> Result<String, crate::Error>,
    /// Decodes an answer, and says how many records it holds.
    pub records: fn(&[u8]) -> Result<u64, crate::Error>,
}

impl Operation {
    /// Whether it changes something: it carries an `Idempotency-Key`, so that it can be repeated.
    pub fn is_write(&self) -> bool {
        matches!(self.http_method, "POST" | "PATCH")
    }

    /// Whether it returns one page of several.
    pub fn is_paged(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.name == "cursor")
    }
}

/// A service and its operations.
#[derive(Debug)]
pub struct Service {
    /// For instance `clinical`.
    pub name: &'static str,
    /// The class that has its methods, for instance `Clinical`.
    pub type_name: &'static str,
    /// The doc comment's lines.
    pub docs: &'static [&'static str],
    /// In the order of declaration.
    pub operations: &'static [&'static Operation],
}

/// One argument of an operation.
#[derive(Debug)]
pub struct Parameter {
    /// Its name, snake_case.
    pub name: &'static str,
    /// Its name in the request.
    pub wire: &'static str,
    /// The doc comment's lines.
    pub docs: &'static [&'static str],
    /// Where it travels.
    pub place: Place,
    /// Its type.
    pub ty: Type,
}

impl Parameter {
    /// Whether null means something else than nothing given.
    pub fn is_nullable(&self) -> bool {
        matches!(self.ty, Type::Optional(Type::Nullable(_)))
    }

    /// Its docs in one line, with what null does in the words of a language: its null, and its nothing.
    pub fn summary(&self, null: &str, nothing: &str) -> String {
        let docs: Vec<&str> = self.docs.iter().map(|line| line.trim()).collect();
        let how =
            if self.is_nullable() { format!(" {null} takes it away, {nothing} leaves it.") } else { String::new() };
        format!("{}{how}", docs.join(" ").trim())
    }
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the route.
    Path,
    /// In the query string.
    Query,
    /// A member of the JSON body.
    Body,
}

/// Every record and enum that the services' operations return, in order of first use, then those of webhook events.
pub fn models(services: &[&'static Service]) -> Vec<&'static ModelSchema> {
    let operations = services.iter().flat_map(|service| service.operations);
    let mut found = reached(operations.map(|operation| &operation.result));
    found.extend(crate::webhook::EVENTS.iter().map(|event| event.data));
    found
}

/// Every record that the services' operations take, in order of first use; enums are among [`models`] or here.
pub fn inputs(services: &[&'static Service]) -> Vec<&'static ModelSchema> {
    let parameters = services.iter().flat_map(|service| service.operations).flat_map(|operation| operation.parameters);
    let returned = models(services);
    let mut taken = reached(parameters.map(|parameter| &parameter.ty));
    taken.retain(|model| !returned.iter().any(|known| std::ptr::eq(*known, *model)));
    taken
}

fn reached<'a>(types: impl Iterator<Item = &'a Type>) -> Vec<&'static ModelSchema> {
    fn visit(ty: &Type, found: &mut Vec<&'static ModelSchema>) {
        match ty {
            Type::Optional(inner) | Type::Nullable(inner) | Type::List(inner) => visit(inner, found),
            Type::Page(model) | Type::Model(model) => {
                if found.iter().any(|seen| std::ptr::eq(*seen, *model)) {
                    return;
                }
                found.push(model);
                if let Shape::Record(fields) = &model.shape {
                    for field in *fields {
                        visit(&field.ty, found);
                    }
                }
            }
            Type::Text
            | Type::Number
            | Type::Integer
            | Type::Boolean
            | Type::Decimal
            | Type::Json
            | Type::Object
            | Type::Nothing => {}
        }
    }
    let mut found = Vec::new();
    for ty in types {
        visit(ty, &mut found);
    }
    found
}
