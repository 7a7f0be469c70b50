import CTorchRuntime

// What a user asks a tensor about its gradient.

extension Tensor {
  /// Whether gradients are wanted for this tensor, as `torch.Tensor.requires_grad`.
  ///
  /// Setting it makes a leaf record what is computed from it.
  /// - Precondition: to set: the tensor is a leaf, and floating point where it is set to true.
  public var requiresGrad: Bool {
    @inline(__always) get {
      recordedNode != nil || flags.contains(.requiresGrad) || (viewBase != nil && baseRequiresGrad)
    }
    set {
      guard newValue != requiresGrad else { return }
      guard isLeaf else {
        fault("requires_grad", "only leaf tensors can change it; use detach() to get one that requires no gradient")
      }
      guard !newValue || dtype.isFloatingPoint else {
        fault("requires_grad", "only floating point tensors can require gradients, this one is \(dtype.name)")
      }
      guard !newValue || !flags.contains(.inference) else {
        fault("requires_grad", "a tensor made in inferenceMode cannot require gradients; use clone() outside of it")
      }
      if newValue { flags.insert(.requiresGrad) } else { flags.remove(.requiresGrad) }
    }
  }

  private var baseRequiresGrad: Bool { viewBase!.recordedNode != nil || viewBase!.flags.contains(.requiresGrad) }

  /// Sets ``requiresGrad`` and returns the tensor, as `torch.Tensor.requires_grad_`.
  @discardableResult
  public func requiresGrad_(_ requiresGrad: Bool = true) -> Tensor {
    self.requiresGrad = requiresGrad
    return self
  }

  /// Whether no recorded op made this tensor, as `torch.Tensor.is_leaf`.
  public var isLeaf: Bool { gradNode == nil }

  /// The recorded step that made this tensor, as `torch.Tensor.grad_fn`.
  public var gradFn: Node? { gradNode }

  /// The gradient that backward passes have added up, as `torch.Tensor.grad`.
  ///
  /// - Precondition: to set: shape, dtype and device equal the tensor's.
  public var grad: Tensor? {
    get { gradSlot?.grad }
    set {
      if let newValue {
        guard newValue.device == device else {
          fault("grad", "a gradient on \(newValue.device) for a tensor on \(device); move one with to(_:)")
        }
        guard newValue.shape == shape, newValue.dtype == dtype else {
          fault(
            "grad",
            "a gradient must look like its tensor; got \(newValue.shape.brackets) \(newValue.dtype.name), tensor \(shape.brackets) \(dtype.name)"
          )
        }
      } else if gradSlot == nil {
        return
      }
      slot.grad = newValue
    }
  }

  /// Keeps the gradient of a tensor that is no leaf, as `torch.Tensor.retain_grad`.
  /// - Precondition: the tensor requires gradients.
  public func retainGrad() {
    guard requiresGrad else { fault("retain_grad", "the tensor does not require gradients") }
    guard let node = gradNode else { return }
    flags.insert(.retainsGrad)
    let extras = node.extras ?? NodeExtras()
    extras.retained[Int(outputIndex)] = slot
    node.extras = extras
  }

  /// Whether ``retainGrad()`` is in force.
  public var retainsGrad: Bool { flags.contains(.retainsGrad) }

  /// Calls `hook` with the gradient of this tensor whenever one is computed; what it returns replaces the gradient.
  ///
  /// As `torch.Tensor.register_hook`. On a leaf it runs before the gradient is added to ``grad``.
  /// - Precondition: the tensor requires gradients.
  @discardableResult
  public func registerHook(_ hook: @escaping @Sendable (Tensor) -> Tensor?) -> RemovableHandle {
    guard requiresGrad else { fault("register_hook", "the tensor does not require gradients") }
    let entry = HookEntry(hook)
    guard let node = gradNode else {
      let slot = slot
      slot.addHook(entry)
      return RemovableHandle { slot.removeHook(entry.id) }
    }
    let index = Int(outputIndex)
    let extras = node.extras ?? NodeExtras()
    extras.tensorHooks[index, default: []].append(entry)
    node.extras = extras
    return RemovableHandle { [weak node] in node?.extras?.tensorHooks[index]?.removeAll { $0.id == entry.id } }
  }

  /// Calls `hook` with this leaf after a gradient was added to ``grad``.
  ///
  /// As `torch.Tensor.register_post_accumulate_grad_hook`.
  /// - Precondition: the tensor is a leaf that requires gradients.
  @discardableResult
  public func registerPostAccumulateGradHook(_ hook: @escaping @Sendable (Tensor) -> Void) -> RemovableHandle {
    guard requiresGrad, isLeaf else {
      fault("register_post_accumulate_grad_hook", "only leaf tensors that require gradients accumulate them")
    }
    let slot = slot
    let entry = HookEntry { [weak self] _ in
      if let self { hook(self) }
      return nil
    }
    slot.addAfterHook(entry)
    return RemovableHandle { slot.removeHook(entry.id) }
  }

  /// The same elements, apart from the recorded computation, as `torch.Tensor.detach`. In-place writes are seen by both.
  public func detach() -> Tensor {
    let result = Tensor(strided)
    result.ownVersion = ownVersion
    return result
  }

  /// Cuts this tensor from the recorded computation, as `torch.Tensor.detach_`.
  /// - Precondition: the tensor is no view.
  @discardableResult
  public func detach_() -> Tensor {
    guard viewBase == nil else { fault("detach_", "a view cannot be detached in place; use detach()") }
    recordedNode = nil
    outputIndex = 0
    flags.remove(.requiresGrad)
    return self
  }

  /// The same elements with a version counter of their own: writes through it go unseen by autograd.
  ///
  /// As `torch.Tensor.data`. Assigning replaces the body, see ``setData_(_:)``.
  public var data: Tensor {
    get {
      let result = Tensor(strided)
      result.ownVersion = VersionCounter()
      return result
    }
    set { setData_(newValue) }
  }

  /// Computes the gradients of this tensor with respect to every leaf it was computed from, and adds them to their
  /// ``grad``, as `torch.Tensor.backward`.
  ///
  /// - Parameters:
  ///   - gradient: the gradient to start from; needed where the tensor has more than one element.
  ///   - retainGraph: keep what was saved, for another backward; by default as `createGraph`.
  ///   - createGraph: record the computation of the gradients, for higher derivatives.
  ///   - inputs: the tensors whose ``grad`` is added to; nil for every leaf.
  /// - Precondition: the tensor requires gradients; a graph that was freed is not walked again.
  public func backward(
    gradient: Tensor? = nil, retainGraph: Bool? = nil, createGraph: Bool = false, inputs: [Tensor]? = nil
  ) {
    Engine.backward(
      [self], gradients: [gradient], retainGraph: retainGraph ?? createGraph, createGraph: createGraph, inputs: inputs)
  }
}

extension Tensor {
  /// The gradient slot, made at first need.
  var slot: AccumulateGrad {
    if let gradSlot { return gradSlot }
    let slot = AccumulateGrad(self)
    gradSlot = slot
    return slot
  }

  /// Where a gradient of this tensor goes, nil where none is wanted.
  @inline(__always)
  var gradEdge: Edge? {
    if let node = gradNode { return Edge(node: node, index: outputIndex) }
    return flags.contains(.requiresGrad) ? Edge(node: slot, index: 0) : nil
  }

  /// How often the elements were written in place, as `torch.Tensor._version`.
  public var version: UInt32 { ownVersion?.current ?? strided.storage.currentVersion }

  @inline(__always)
  func bumpVersion() {
    if let ownVersion {
      ownVersion.bump()
      strided.storage.noteWriteBeside()
    } else {
      strided.storage.bumpVersion()
    }
  }

  /// Whether an op on this tensor must be recorded now.
  @inline(__always)
  var isRecording: Bool { ct_grad_enabled() && requiresGrad }

  /// Makes this tensor the output of a node.
  @inline(__always)
  func setHistory(_ node: Node, output index: Int = 0) {
    recordedNode = node
    outputIndex = Int32(truncatingIfNeeded: index)
    if index == 0 {
      node.output = OutputDescription(self)
    } else {
      node.moreOutputs.append(OutputDescription(self))
    }
  }

  /// Makes this tensor stand where an edge points: at a node's output or at a leaf.
  func attach(to edge: Edge) {
    if let leaf = edge.node as? AccumulateGrad {
      gradSlot = leaf
      flags.insert(.requiresGrad)
    } else {
      recordedNode = edge.node
      outputIndex = edge.index
    }
  }
}
