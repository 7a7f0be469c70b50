// Forward hooks with the types of the module they watch.

extension Layer {
  /// Calls `hook` with the input before each call, as `register_forward_pre_hook` of torch; a tensor that it returns
  /// takes the input's place.
  @discardableResult
  public func registerForwardPreHook(_ hook: @escaping (Module, Tensor) -> Tensor?) -> RemovableHandle {
    hooksToChange.addBefore { module, inputs in hook(module, inputs[0] as! Tensor).map { [$0] } }
  }

  /// Calls `hook` with the input before each call.
  @discardableResult
  public func registerForwardPreHook(_ hook: @escaping (Module, Tensor) -> Void) -> RemovableHandle {
    hooksToChange.addBefore { module, inputs in
      hook(module, inputs[0] as! Tensor)
      return nil
    }
  }

  /// Calls `hook` with the input and the output after each call, as `register_forward_hook` of torch; a tensor that it
  /// returns takes the output's place.
  @discardableResult
  public func registerForwardHook(_ hook: @escaping (Module, Tensor, Tensor) -> Tensor?) -> RemovableHandle {
    hooksToChange.addAfter { module, inputs, output in hook(module, inputs[0] as! Tensor, output as! Tensor) }
  }

  /// Calls `hook` with the input and the output after each call.
  @discardableResult
  public func registerForwardHook(_ hook: @escaping (Module, Tensor, Tensor) -> Void) -> RemovableHandle {
    registerForwardHook(any: { hook($0, $1[0] as! Tensor, $2 as! Tensor) })
  }
}

extension Layer2 {
  /// Calls `hook` with the inputs before each call, as `register_forward_pre_hook` of torch; inputs that it returns take
  /// their place.
  @discardableResult
  public func registerForwardPreHook(
    _ hook: @escaping (Module, (Input1, Input2)) -> (Input1, Input2)?
  ) -> RemovableHandle {
    hooksToChange.addBefore { module, inputs in hook(module, Self.typed(inputs)).map { [$0.0, $0.1] } }
  }

  /// Calls `hook` with the inputs before each call.
  @discardableResult
  public func registerForwardPreHook(_ hook: @escaping (Module, (Input1, Input2)) -> Void) -> RemovableHandle {
    hooksToChange.addBefore { module, inputs in
      hook(module, Self.typed(inputs))
      return nil
    }
  }

  /// Calls `hook` with the inputs and the output after each call, as `register_forward_hook` of torch; an output that it
  /// returns takes the output's place.
  @discardableResult
  public func registerForwardHook(
    _ hook: @escaping (Module, (Input1, Input2), Output) -> Output?
  ) -> RemovableHandle {
    hooksToChange.addAfter { module, inputs, output in hook(module, Self.typed(inputs), output as! Output) }
  }

  /// Calls `hook` with the inputs and the output after each call.
  @discardableResult
  public func registerForwardHook(
    _ hook: @escaping (Module, (Input1, Input2), Output) -> Void
  ) -> RemovableHandle {
    registerForwardHook(any: { hook($0, Self.typed($1), $2 as! Output) })
  }

  private static func typed(_ inputs: [Any]) -> (Input1, Input2) {
    (inputs[0] as! Input1, inputs[1] as! Input2)
  }
}

extension Layer3 {
  /// Calls `hook` with the inputs before each call, as `register_forward_pre_hook` of torch; inputs that it returns take
  /// their place.
  @discardableResult
  public func registerForwardPreHook(
    _ hook: @escaping (Module, (Input1, Input2, Input3)) -> (Input1, Input2, Input3)?
  ) -> RemovableHandle {
    hooksToChange.addBefore { module, inputs in hook(module, Self.typed(inputs)).map { [$0.0, $0.1, $0.2] } }
  }

  /// Calls `hook` with the inputs before each call.
  @discardableResult
  public func registerForwardPreHook(_ hook: @escaping (Module, (Input1, Input2, Input3)) -> Void) -> RemovableHandle {
    hooksToChange.addBefore { module, inputs in
      hook(module, Self.typed(inputs))
      return nil
    }
  }

  /// Calls `hook` with the inputs and the output after each call, as `register_forward_hook` of torch; an output that it
  /// returns takes the output's place.
  @discardableResult
  public func registerForwardHook(
    _ hook: @escaping (Module, (Input1, Input2, Input3), Output) -> Output?
  ) -> RemovableHandle {
    hooksToChange.addAfter { module, inputs, output in hook(module, Self.typed(inputs), output as! Output) }
  }

  /// Calls `hook` with the inputs and the output after each call.
  @discardableResult
  public func registerForwardHook(
    _ hook: @escaping (Module, (Input1, Input2, Input3), Output) -> Void
  ) -> RemovableHandle {
    registerForwardHook(any: { hook($0, Self.typed($1), $2 as! Output) })
  }

  private static func typed(_ inputs: [Any]) -> (Input1, Input2, Input3) {
    (inputs[0] as! Input1, inputs[1] as! Input2, inputs[2] as! Input3)
  }
}

extension Layer4 {
  /// Calls `hook` with the inputs before each call, as `register_forward_pre_hook` of torch; inputs that it returns take
  /// their place.
  @discardableResult
  public func registerForwardPreHook(
    _ hook: @escaping (Module, (Input1, Input2, Input3, Input4)) -> (Input1, Input2, Input3, Input4)?
  ) -> RemovableHandle {
    hooksToChange.addBefore { module, inputs in hook(module, Self.typed(inputs)).map { [$0.0, $0.1, $0.2, $0.3] } }
  }

  /// Calls `hook` with the inputs before each call.
  @discardableResult
  public func registerForwardPreHook(_ hook: @escaping (Module, (Input1, Input2, Input3, Input4)) -> Void)
    -> RemovableHandle
  {
    hooksToChange.addBefore { module, inputs in
      hook(module, Self.typed(inputs))
      return nil
    }
  }

  /// Calls `hook` with the inputs and the output after each call, as `register_forward_hook` of torch; an output that it
  /// returns takes the output's place.
  @discardableResult
  public func registerForwardHook(
    _ hook: @escaping (Module, (Input1, Input2, Input3, Input4), Output) -> Output?
  ) -> RemovableHandle {
    hooksToChange.addAfter { module, inputs, output in hook(module, Self.typed(inputs), output as! Output) }
  }

  /// Calls `hook` with the inputs and the output after each call.
  @discardableResult
  public func registerForwardHook(
    _ hook: @escaping (Module, (Input1, Input2, Input3, Input4), Output) -> Void
  ) -> RemovableHandle {
    registerForwardHook(any: { hook($0, Self.typed($1), $2 as! Output) })
  }

  private static func typed(_ inputs: [Any]) -> (Input1, Input2, Input3, Input4) {
    (inputs[0] as! Input1, inputs[1] as! Input2, inputs[2] as! Input3, inputs[3] as! Input4)
  }
}

extension Layer5 {
  /// Calls `hook` with the inputs before each call, as `register_forward_pre_hook` of torch; inputs that it returns take
  /// their place.
  @discardableResult
  public func registerForwardPreHook(
    _ hook: @escaping (Module, (Input1, Input2, Input3, Input4, Input5)) -> (Input1, Input2, Input3, Input4, Input5)?
  ) -> RemovableHandle {
    hooksToChange.addBefore { module, inputs in hook(module, Self.typed(inputs)).map { [$0.0, $0.1, $0.2, $0.3, $0.4] }
    }
  }

  /// Calls `hook` with the inputs before each call.
  @discardableResult
  public func registerForwardPreHook(_ hook: @escaping (Module, (Input1, Input2, Input3, Input4, Input5)) -> Void)
    -> RemovableHandle
  {
    hooksToChange.addBefore { module, inputs in
      hook(module, Self.typed(inputs))
      return nil
    }
  }

  /// Calls `hook` with the inputs and the output after each call, as `register_forward_hook` of torch; an output that it
  /// returns takes the output's place.
  @discardableResult
  public func registerForwardHook(
    _ hook: @escaping (Module, (Input1, Input2, Input3, Input4, Input5), Output) -> Output?
  ) -> RemovableHandle {
    hooksToChange.addAfter { module, inputs, output in hook(module, Self.typed(inputs), output as! Output) }
  }

  /// Calls `hook` with the inputs and the output after each call.
  @discardableResult
  public func registerForwardHook(
    _ hook: @escaping (Module, (Input1, Input2, Input3, Input4, Input5), Output) -> Void
  ) -> RemovableHandle {
    registerForwardHook(any: { hook($0, Self.typed($1), $2 as! Output) })
  }

  private static func typed(_ inputs: [Any]) -> (Input1, Input2, Input3, Input4, Input5) {
    (inputs[0] as! Input1, inputs[1] as! Input2, inputs[2] as! Input3, inputs[3] as! Input4, inputs[4] as! Input5)
  }
}
