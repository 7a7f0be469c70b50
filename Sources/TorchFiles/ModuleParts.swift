import Torch

/// A module of a whole model, read from its inert attributes.
struct ModuleParts {
  let className: String
  let attributes: Checkpoint
  private(set) var parameters: [(String, Checkpoint)] = []
  private(set) var buffers: [(String, Checkpoint)] = []
  private(set) var children: [(String, Checkpoint)] = []

  /// Nil where the value is no module.
  init?(_ value: Checkpoint) {
    guard value.kind == .object, let className = value.className, let attributes = value.state,
      let parameters = try? attributes.get("_parameters"), let children = try? attributes.get("_modules")
    else { return nil }
    (self.className, self.attributes) = (className, attributes)
    self.parameters = Self.named(parameters)
    self.children = Self.named(children)
    if let buffers = try? attributes.get("_buffers") { self.buffers = Self.named(buffers) }
  }

  private static func named(_ dictionary: Checkpoint) -> [(String, Checkpoint)] {
    ((try? dictionary.items) ?? []).compactMap { key, value in
      value.isNone ? nil : (try? key.string).map { (CheckpointTree.clean($0), value) }
    }
  }

  /// The class without its module, and its settings as Python's `print(model)` has them.
  var line: String { "\(shortName)(\(settings))" }

  var shortName: String { className.split(separator: ".").last.map(String.init) ?? className }

  /// How a setting is shown.
  private enum Setting {
    /// Its value alone.
    case bare(String)
    case always(String)
    /// Where it has another value than this, as Python would write it.
    case unless(String, String)
    /// Whether there is a parameter named bias.
    case bias
    case biasIfMissing
  }

  private var settings: String {
    // Classes that are not torch's say nothing unless their code does, which is not here.
    guard className.hasPrefix("torch.nn.") || className.hasPrefix("torch.ao.nn.") else { return "" }
    let isConvolution = shortName.contains("Conv")
    let parts: [String] = Self.settings(of: shortName, attributes).compactMap { setting in
      switch setting {
      case .bare(let name): return text(name, quoted: false)
      case .always(let name): return text(name, quoted: !isConvolution).map { "\(name)=\($0)" }
      case .unless(let name, let usual):
        guard let text = text(name, quoted: !isConvolution), !Self.isAll(text, usual) else { return nil }
        return "\(name)=\(text)"
      case .bias: return "bias=\(hasBias ? "True" : "False")"
      case .biasIfMissing: return hasBias ? nil : "bias=False"
      }
    }
    return parts.joined(separator: ", ")
  }

  private var hasBias: Bool { parameters.contains { $0.0 == "bias" } }

  private func text(_ name: String, quoted: Bool) -> String? {
    guard let value = try? attributes.get(name) else { return nil }
    if value.kind == .string, let text = try? value.string { return quoted ? "'\(text)'" : CheckpointTree.clean(text) }
    if value.kind == .double, let number = try? value.double { return pythonText(number) }
    return CheckpointTree.scalar(value) ?? CheckpointTree.inline(value)
  }

  /// Whether a text is a value, or a tuple of that value alone: `(1, 1)` is all 1.
  private static func isAll(_ text: String, _ usual: String) -> Bool {
    if text == usual { return true }
    guard text.hasPrefix("("), text.hasSuffix(")") else { return false }
    return text.dropFirst().dropLast().split(separator: ",").allSatisfy { $0.drop { $0 == " " } == usual }
  }

  private static func settings(of name: String, _ attributes: Checkpoint) -> [Setting] {
    switch name {
    case "Linear", "NonDynamicallyQuantizableLinear": [.always("in_features"), .always("out_features"), .bias]
    case "Bilinear": [.always("in1_features"), .always("in2_features"), .always("out_features"), .bias]
    case "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d":
      [
        .bare("in_channels"), .bare("out_channels"), .always("kernel_size"), .always("stride"), .unless("padding", "0"),
        .unless("dilation", "1"), .unless("output_padding", "0"), .unless("groups", "1"), .biasIfMissing,
        .unless("padding_mode", "zeros"),
      ]
    case _ where name.hasPrefix("BatchNorm") || name.hasPrefix("InstanceNorm") || name == "SyncBatchNorm":
      [
        .bare("num_features"), .always("eps"), .always("momentum"), .always("affine"), .bias,
        .always("track_running_stats"),
      ]
    case "LayerNorm": [.bare("normalized_shape"), .always("eps"), .always("elementwise_affine"), .bias]
    case "RMSNorm": [.bare("normalized_shape"), .always("eps"), .always("elementwise_affine")]
    case "GroupNorm": [.bare("num_groups"), .bare("num_channels"), .always("eps"), .always("affine"), .bias]
    case "MaxPool1d", "MaxPool2d", "MaxPool3d":
      [.always("kernel_size"), .always("stride"), .always("padding"), .always("dilation"), .always("ceil_mode")]
    case "AvgPool1d", "AvgPool2d", "AvgPool3d": [.always("kernel_size"), .always("stride"), .always("padding")]
    case _ where name.hasPrefix("Adaptive") && name.contains("Pool"): [.always("output_size")]
    case _ where name.hasSuffix("Dropout") || name.hasPrefix("Dropout"): [.always("p"), .always("inplace")]
    case "Embedding", "EmbeddingBag":
      [
        .bare("num_embeddings"), .bare("embedding_dim"), .unless("padding_idx", "None"), .unless("max_norm", "None"),
        .unless("norm_type", "2.0"), .unless("scale_grad_by_freq", "False"), .unless("sparse", "False"),
      ]
    case "LSTM", "GRU", "RNN":
      [
        .bare("input_size"), .bare("hidden_size"), .unless("proj_size", "0"), .unless("num_layers", "1"),
        .unless("bias", "True"), .unless("batch_first", "False"), .unless("dropout", "0.0"),
        .unless("bidirectional", "False"),
      ]
    case "LSTMCell", "GRUCell", "RNNCell": [.bare("input_size"), .bare("hidden_size"), .unless("bias", "True")]
    case "ReLU", "SiLU", "Mish", "Hardswish", "Hardsigmoid", "ReLU6", "SELU": [.unless("inplace", "False")]
    case "LeakyReLU": [.always("negative_slope"), .unless("inplace", "False")]
    case "ELU", "CELU": [.always("alpha"), .unless("inplace", "False")]
    case "Hardtanh": [.always("min_val"), .always("max_val"), .unless("inplace", "False")]
    case "GELU": [.always("approximate")]
    case "PReLU": [.always("num_parameters")]
    case "GLU", "Softmax", "LogSoftmax", "Softmin": [.always("dim")]
    case "Softplus": [.always("beta"), .always("threshold")]
    case "Flatten": [.always("start_dim"), .always("end_dim")]
    case "Unflatten": [.always("dim"), .always("unflattened_size")]
    case "PixelShuffle": [.always("upscale_factor")]
    case "PixelUnshuffle": [.always("downscale_factor")]
    case "Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d":
      [.unless("scale_factor", "None"), .unless("size", "None"), .always("mode")]
    case _ where name.hasPrefix("ConstantPad"): [.always("padding"), .always("value")]
    case _ where name.contains("Pad") && name.hasSuffix("d"): [.bare("padding")]
    default: []
    }
  }
}

/// A float as Python writes it: 1e-05, not 1e-5.
func pythonText(_ number: Double) -> String {
  let text = "\(number)"
  guard let place = text.firstIndex(of: "e") else { return text }
  var mantissa = text[..<place]
  if mantissa.hasSuffix(".0") { mantissa = mantissa.dropLast(2) }
  var exponent = text[text.index(after: place)...]
  let sign = exponent.hasPrefix("-") ? "-" : "+"
  if exponent.hasPrefix("-") || exponent.hasPrefix("+") { exponent = exponent.dropFirst() }
  return "\(mantissa)e\(sign)\(exponent.count < 2 ? "0" : "")\(exponent)"
}

/// A whole model as Python's `print(model)` writes it.
struct ModelText {
  /// A short file can name one module again and again; a model that one would want to read has fewer.
  private var left = 5000

  mutating func text(_ model: Checkpoint) -> String {
    guard let module = ModuleParts(model) else { return "" }
    return lines(module, depth: 0).joined(separator: "\n")
  }

  private mutating func lines(_ module: ModuleParts, depth: Int) -> [String] {
    left -= 1
    guard left > 0, depth < 200 else { return ["…"] }
    if module.children.isEmpty { return [module.line] }
    var result = ["\(module.shortName)("]
    var children: [(first: String, last: String, count: Int, lines: [String])] = []
    let isList = module.className.hasSuffix(".ModuleList")
    for (name, child) in module.children {
      guard let part = ModuleParts(child) else { continue }
      let lines = lines(part, depth: depth + 1)
      if isList, let last = children.indices.last, children[last].lines == lines {
        children[last].last = name
        children[last].count += 1
      } else {
        children.append((name, name, 1, lines))
      }
    }
    for child in children {
      let name = child.count > 1 ? "(\(child.first)-\(child.last)): \(child.count) x " : "(\(child.first)): "
      result += zip(child.lines.indices, child.lines).map { "  " + ($0 == 0 ? name : "") + $1 }
    }
    return result + [")"]
  }
}
