/// One line of the signature table: a PyTorch signature and the Swift spelling of the same thing.
package struct Row: Sendable {
  /// What the Swift side is, from how it is written.
  package enum Callee: Sendable, Equatable {
    /// `.add(...)`
    case method(String)
    /// `.T`
    case property(String)
    /// `Tensor.cat(...)`, `F.linear(...)`
    case function(String)
    /// `+(_ a: ..., _ b: ...)`
    case op(String)
    /// `@name(...)`: a hand-written translation of arguments, for what a table cannot say.
    case adapter(String)
    /// `Linear(...)` in the sections of modules, optimizers and schedulers.
    case type(String)
  }

  /// An argument of PyTorch's signature.
  package struct Argument: Sendable {
    package var name: String
    /// Collects the positional arguments that are left: `*size`.
    package var isVariadic = false
    /// What it must be where Swift has no such argument: `layout=None`.
    package var fixed: String?
    /// It must be given, and be `fixed`.
    package var isExact = false
  }

  /// A parameter of the Swift function.
  package struct Parameter: Sendable {
    /// Nil for `_`.
    package var label: String?
    package var name: String
    /// The alternatives of `Tensor|Scalar`.
    package var types: [String]
    package var standard: String?
  }

  /// A way to call a module: the module itself, or one of its methods.
  package struct Call: Sendable {
    package var method: String?
    package var parameters: [Parameter]
    package var arguments: [Argument] { parameters.map { Argument(name: snakeCase($0.name)) } }
  }

  package enum Section: String, Sendable, CaseIterable { case ops, modules, optimizers, schedulers }

  package var section: Section
  package var family: String
  package var line: Int
  package var torchName: String
  package var arguments: [Argument]
  package var callee: Callee
  package var parameters: [Parameter]
  package var result: String
  package var dtypes: String
  package var isDifferentiable: Bool
  /// How a module is called once it is made.
  package var calls: [Call]
  /// `labels` in the row: an argument label that the rule does not give, with its reason told in the table.
  package var isLabelException: Bool
  /// The Swift name that this row is another name of.
  package var aliasOf: String?

  /// The Swift name without its receiver.
  package var swiftName: String {
    switch callee {
    case .method(let name), .property(let name), .op(let name), .adapter(let name), .type(let name): name
    case .function(let path): path.split(separator: ".").last.map(String.init) ?? path
    }
  }
}

/// A line that cannot be read or that breaks a rule.
package struct TableError: Error, CustomStringConvertible, Sendable {
  package let line: Int
  package let message: String
  package var description: String { "line \(line): \(message)" }
}

/// The name in Swift of a name in PyTorch: `ignore_index` is `ignoreIndex`.
package func camelCase(_ name: String) -> String {
  let parts = name.split(separator: "_", omittingEmptySubsequences: true)
  guard let first = parts.first else { return name }
  let joined = first + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  return name.hasSuffix("_") ? joined + "_" : String(joined)
}
