import Torch
import TorchNN
import TorchOptim

/// The arguments of one call, by their places in PyTorch's signature; nil where left out.
struct Arguments {
  let values: [Value?]

  /// An argument that is there and of this type: the overload's slots have said so.
  func get<T: CaseArgument>(_ index: Int, as type: T.Type) -> T { T.from(values[index]!)! }

  /// An argument, or the table's default where it was left out.
  func get<T: CaseArgument>(_ index: Int, as type: T.Type, or standard: T) -> T {
    guard let value = values[index], let found = T.from(value) else { return standard }
    return found
  }

  /// An argument, or nil where it was left out or None.
  func find<T: CaseArgument>(_ index: Int, as type: T.Type) -> T? { values[index].flatMap { T.from($0) } }

  /// An argument, nil where it is None, or the table's default where it was left out.
  func find<T: CaseArgument>(_ index: Int, as type: T.Type, or standard: T) -> T? {
    values[index] == nil ? standard : find(index, as: type)
  }
}

/// What an overload wants in one place of PyTorch's signature.
enum Slot {
  case required(any CaseArgument.Type)
  case optional(any CaseArgument.Type)
  /// Must be left out, or be None.
  case absent
  /// Must be left out: None is another value than the default.
  case leftOut
  /// Swift has no such argument: it must be left out or be this, as Python writes it.
  case fixed(String)
  /// Must be given and be this.
  case exactly(String)

  func accepts(_ value: Value?) -> Bool {
    switch self {
    case .required(let type): value.map { type.accepts($0) } ?? false
    case .optional(let type): value.map { $0.isNone || type.accepts($0) } ?? true
    case .absent: value?.isNone ?? true
    case .leftOut: value == nil
    case .exactly(let text): value?.description == text
    case .fixed(let text): value.map { $0.isNone || $0.description == text } ?? true
    }
  }
}

extension CaseArgument {
  fileprivate static func accepts(_ value: Value) -> Bool { from(value) != nil }
}

/// One way to make a Swift call of given arguments.
struct Overload<Run> {
  let slots: [Slot]
  let run: Run
}

/// A row of the signature table, ready to be called.
struct BoundRow<Run> {
  let torchName: String
  /// `.add`, `+`, `F.linear`: rows of one PyTorch name with one spelling are overloads of one another.
  let spelling: String
  let arguments: [String]
  let variadic: Int?
  let dtypes: String
  var overloads: [Overload<Run>] = []

  /// Puts positional and named arguments in their places; nil where they do not fit the signature.
  func place(_ positional: [Value], _ named: [(key: String, value: Value)]) -> Arguments? {
    var values = [Value?](repeating: nil, count: arguments.count)
    var positional = positional
    if let variadic, positional.count > variadic {
      let rest = positional[variadic...]
      // A sequence may be given as such.
      if rest.count == 1, rest[variadic].entries != nil {
        values[variadic] = rest[variadic]
      } else {
        values[variadic] = .tuple(Array(rest))
      }
      positional.removeLast(rest.count)
    }
    guard positional.count <= arguments.count else { return nil }
    for (index, value) in positional.enumerated() { values[index] = value }
    for (key, value) in named {
      guard let index = arguments.firstIndex(of: key), values[index] == nil else { return nil }
      values[index] = value
    }
    return Arguments(values: values)
  }

  func match(_ positional: [Value], _ named: [(key: String, value: Value)]) -> (run: Run, arguments: Arguments)? {
    guard let arguments = place(positional, named) else { return nil }
    let found = overloads.first { zip($0.slots, arguments.values).allSatisfy { $0.accepts($1) } }
    return found.map { ($0.run, arguments) }
  }
}

/// A row of a module: how it is made, and the ways to call one that was made so.
struct BoundModule {
  var constructor: BoundRow<Bindings.ModuleRun>
  var calls: [BoundRow<Bindings.CallRun>] = []
}

/// Everything the runner can call, by PyTorch's names. The generated files fill it.
package struct Bindings {
  typealias OpRun = (Arguments) -> [Output]
  typealias ModuleRun = (Arguments) -> Module
  typealias CallRun = (Module, Arguments) -> [Output]
  typealias OptimizerRun = ([ParamGroup], Arguments) -> Optimizer
  typealias SchedulerRun = (Optimizer, Arguments) -> Scheduled

  var ops: [String: [BoundRow<OpRun>]] = [:]
  var modules: [String: [BoundModule]] = [:]
  var optimizers: [String: [BoundRow<OptimizerRun>]] = [:]
  var schedulers: [String: [BoundRow<SchedulerRun>]] = [:]

  init() {}

  /// The bindings that the signature table gives.
  package static func table() -> Bindings {
    var bindings = Bindings()
    bindings.addGenerated()
    return bindings
  }

  mutating func op(
    _ name: String, _ spelling: String, _ arguments: [String], variadic: Int? = nil, dtypes: String = "all"
  ) {
    ops[name, default: []].append(
      BoundRow(torchName: name, spelling: spelling, arguments: arguments, variadic: variadic, dtypes: dtypes))
  }

  /// Adds an overload to the row of the name that was added last.
  mutating func on(_ name: String, _ slots: [Slot], _ run: @escaping OpRun) {
    ops[name]![ops[name]!.count - 1].overloads.append(Overload(slots: slots, run: run))
  }

  mutating func module(_ name: String, _ arguments: [String], variadic: Int? = nil) {
    let row = BoundRow<ModuleRun>(
      torchName: name, spelling: name, arguments: arguments, variadic: variadic, dtypes: "all")
    modules[name, default: []].append(BoundModule(constructor: row))
  }
  mutating func make(_ name: String, _ slots: [Slot], _ run: @escaping ModuleRun) {
    modules[name]![modules[name]!.count - 1].constructor.overloads.append(Overload(slots: slots, run: run))
  }
  /// Adds a way to call the modules of the row that was added last.
  mutating func call(_ name: String, _ arguments: [String]) {
    let row = BoundRow<CallRun>(torchName: name, spelling: name, arguments: arguments, variadic: nil, dtypes: "all")
    modules[name]![modules[name]!.count - 1].calls.append(row)
  }
  mutating func on(call name: String, _ slots: [Slot], _ run: @escaping CallRun) {
    let last = modules[name]!.count - 1, call = modules[name]![last].calls.count - 1
    modules[name]![last].calls[call].overloads.append(Overload(slots: slots, run: run))
  }

  mutating func optimizer(_ name: String, _ arguments: [String]) {
    optimizers[name, default: []].append(
      BoundRow(torchName: name, spelling: name, arguments: arguments, variadic: nil, dtypes: "all"))
  }
  mutating func make(optimizer name: String, _ slots: [Slot], _ run: @escaping OptimizerRun) {
    optimizers[name]![optimizers[name]!.count - 1].overloads.append(Overload(slots: slots, run: run))
  }

  mutating func scheduler(_ name: String, _ arguments: [String]) {
    schedulers[name, default: []].append(
      BoundRow(torchName: name, spelling: name, arguments: arguments, variadic: nil, dtypes: "all"))
  }
  mutating func make(scheduler name: String, _ slots: [Slot], _ run: @escaping SchedulerRun) {
    schedulers[name]![schedulers[name]!.count - 1].overloads.append(Overload(slots: slots, run: run))
  }
}

// What Swift functions return, as the flat list that a case file holds.
func out(_ tensor: Tensor) -> [Output] { [.tensor(tensor)] }
func out(_ tensors: [Tensor]) -> [Output] { tensors.map { .tensor($0) } }
func out(_ pair: (Tensor, Tensor)) -> [Output] { [.tensor(pair.0), .tensor(pair.1)] }
func out(_ three: (Tensor, Tensor, Tensor)) -> [Output] { [.tensor(three.0), .tensor(three.1), .tensor(three.2)] }
func out(_ nested: (Tensor, (Tensor, Tensor))) -> [Output] {
  [.tensor(nested.0), .tensor(nested.1.0), .tensor(nested.1.1)]
}
func out(_ pair: (output: Tensor, weights: Tensor?)) -> [Output] {
  [.tensor(pair.output), pair.weights.map { .tensor($0) } ?? .value(.none)]
}
func out(_ value: Bool) -> [Output] { [.value(.bool(value))] }
func out(_ value: Int) -> [Output] { [.value(.int(value))] }
func out(_ value: Double) -> [Output] { [.value(.float(value))] }
func out(_ sizes: some Sequence<Int>) -> [Output] { sizes.map { .value(.int($0)) } }
func out(_ value: Scalar) -> [Output] {
  switch value {
  case .bool(let value): out(value)
  case .int(let value): out(Int(value))
  case .double(let value): out(value)
  }
}
