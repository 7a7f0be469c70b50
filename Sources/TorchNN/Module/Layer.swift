// Modules that can be called. The call runs the hooks and lets faults inside name the module's path.

/// A module from one tensor to another.
public protocol Layer: CallableModule {
  /// What the module computes; call the module itself, which also runs hooks.
  func forward(_ x: Tensor) -> Tensor
}

extension Layer {
  /// Runs the module with its hooks.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    inModule(self) {
      guard let hooks else { return forward(x) }
      return withHooks(hooks, [x]) { forward($0[0] as! Tensor) }
    }
  }
}

/// A module of two inputs; the types come from `forward`.
public protocol Layer2<Input1, Input2, Output>: CallableModule {
  associatedtype Input1
  associatedtype Input2
  associatedtype Output
  func forward(_ a: Input1, _ b: Input2) -> Output
}

extension Layer2 {
  /// Runs the module with its hooks.
  public func callAsFunction(_ a: Input1, _ b: Input2) -> Output {
    inModule(self) {
      guard let hooks else { return forward(a, b) }
      return withHooks(hooks, [a, b]) { forward($0[0] as! Input1, $0[1] as! Input2) }
    }
  }
}

/// A module of three inputs; the types come from `forward`.
public protocol Layer3<Input1, Input2, Input3, Output>: CallableModule {
  associatedtype Input1
  associatedtype Input2
  associatedtype Input3
  associatedtype Output
  func forward(_ a: Input1, _ b: Input2, _ c: Input3) -> Output
}

extension Layer3 {
  /// Runs the module with its hooks.
  public func callAsFunction(_ a: Input1, _ b: Input2, _ c: Input3) -> Output {
    inModule(self) {
      guard let hooks else { return forward(a, b, c) }
      return withHooks(hooks, [a, b, c]) { forward($0[0] as! Input1, $0[1] as! Input2, $0[2] as! Input3) }
    }
  }
}

/// A module of four inputs; the types come from `forward`.
public protocol Layer4<Input1, Input2, Input3, Input4, Output>: CallableModule {
  associatedtype Input1
  associatedtype Input2
  associatedtype Input3
  associatedtype Input4
  associatedtype Output
  func forward(_ a: Input1, _ b: Input2, _ c: Input3, _ d: Input4) -> Output
}

extension Layer4 {
  /// Runs the module with its hooks.
  public func callAsFunction(_ a: Input1, _ b: Input2, _ c: Input3, _ d: Input4) -> Output {
    inModule(self) {
      guard let hooks else { return forward(a, b, c, d) }
      return withHooks(hooks, [a, b, c, d]) {
        forward($0[0] as! Input1, $0[1] as! Input2, $0[2] as! Input3, $0[3] as! Input4)
      }
    }
  }
}

/// A module of five inputs; the types come from `forward`.
public protocol Layer5<Input1, Input2, Input3, Input4, Input5, Output>: CallableModule {
  associatedtype Input1
  associatedtype Input2
  associatedtype Input3
  associatedtype Input4
  associatedtype Input5
  associatedtype Output
  func forward(_ a: Input1, _ b: Input2, _ c: Input3, _ d: Input4, _ e: Input5) -> Output
}

extension Layer5 {
  /// Runs the module with its hooks.
  public func callAsFunction(_ a: Input1, _ b: Input2, _ c: Input3, _ d: Input4, _ e: Input5) -> Output {
    inModule(self) {
      guard let hooks else { return forward(a, b, c, d, e) }
      return withHooks(hooks, [a, b, c, d, e]) {
        forward($0[0] as! Input1, $0[1] as! Input2, $0[2] as! Input3, $0[3] as! Input4, $0[4] as! Input5)
      }
    }
  }
}

extension Module {
  /// Runs `forward` as a call of the module: between its hooks, and so that a fault inside names its path.
  ///
  /// For modules whose call has another shape than ``Layer`` to ``Layer5``; `inputs` are what hooks see.
  package final func called<Output>(_ inputs: [Any], _ forward: ([Any]) -> Output) -> Output {
    inModule(self) {
      guard let hooks else { return forward(inputs) }
      return withHooks(hooks, inputs, forward)
    }
  }
}
