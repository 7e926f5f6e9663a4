//! Models made by hand: one for each way in which rewrites meet, with conditions and without.

/// The models, each with its name.
pub(crate) const MODELS: &[(&str, &str)] = &[
    ("plain", "type user\ntype doc\n  relations\n    define owner: [user]\n    define viewer: [user] or owner"),
    (
        "groups in groups",
        "type user\ntype group\n  relations\n    define member: [user, group#member]\ntype doc\n  relations
    define viewer: [user, group#member]\n    define editor: [group#member] and viewer",
    ),
    (
        "wildcards taken away",
        "type user\ntype group\n  relations\n    define member: [user, user:*, group#member]\ntype doc\n  relations
    define blocked: [user, user:*, group#member]\n    define viewer: [user, user:*, group#member] but not blocked
    define both: viewer and blocked\n    define any: viewer or blocked\n    define only: any but not both",
    ),
    (
        "folders",
        "type user\ntype folder\n  relations\n    define parent: [folder]\n    define owner: [user]
    define viewer: [user] or owner or viewer from parent\ntype doc\n  relations\n    define parent: [folder]
    define viewer: [user] or viewer from parent\n    define owner: owner from parent",
    ),
    (
        "folders with blocks",
        "type user\ntype folder\n  relations\n    define parent: [folder]\n    define blocked: [user] or blocked from parent
    define viewer: ([user, user:*] or viewer from parent) but not blocked\ntype doc\n  relations\n    define parent: [folder, doc]
    define viewer: viewer from parent\n    define reader: [user] or (viewer and reader from parent)",
    ),
    (
        "several parents of several types",
        "type user\ntype robot\ntype team\n  relations\n    define member: [user, robot, team#member]
    define lead: [user] and member\ntype org\n  relations\n    define admin: [user, team#lead]\ntype doc\n  relations
    define parent: [org, team]\n    define admin: admin from parent or lead from parent\n    define viewer: [user, robot:*] or member from parent or admin",
    ),
    (
        "conditions",
        "type user\ntype group\n  relations\n    define member: [user with cheap, user]\ntype doc\n  relations
    define viewer: [user with cheap, user:* with near, group#member with cheap]\n    define blocked: [user with near, group#member]
    define open: viewer but not blocked\n    define both: viewer and blocked
condition cheap(price: int, limit: int) {\n  price < limit\n}\ncondition near(ip: ipaddress, net: string) {\n  ip.in_cidr(net)\n}",
    ),
    (
        "conditions on the way",
        "type user\ntype folder\n  relations\n    define parent: [folder with cheap]\n    define viewer: [user] or viewer from parent
type doc\n  relations\n    define parent: [folder, folder with cheap]\n    define viewer: viewer from parent
condition cheap(price: int, limit: int) {\n  price < limit\n}",
    ),
    (
        "roles as objects",
        "type user\ntype role\n  relations\n    define assignee: [user, user:*, role#assignee]\ntype org\n  relations
    define reader: [role#assignee]\n    define writer: [role#assignee] and reader\ntype doc\n  relations
    define org: [org]\n    define reader: reader from org\n    define writer: writer from org",
    ),
    (
        "mutual recursion",
        "type user\ntype team\n  relations\n    define part: [team#whole, user]\n    define whole: [user, team#part] or part
    define guest: [user] but not whole",
    ),
    (
        "deep nesting of operators",
        "type user\ntype doc\n  relations\n    define a: [user, user:*]\n    define b: [user, user:*]\n    define c: [user]
    define d: ((a or b) and (b or c)) but not (a and (b but not c))\n    define e: (a but not b) or (b but not a)
    define f: (a and b and c) or (d but not e)",
    ),
    (
        "objects as subjects",
        "type user\n  relations\n    define me: [user]\n    define manager: [user] or manager from manager_of\n    define manager_of: [user]
type doc\n  relations\n    define owner: [user]\n    define boss: manager from owner\n    define seen: me from owner or boss",
    ),
];
