import TorchHub
import TorchNN

/// Networks that classify images, as `torchvision.models`: structure, names, state keys and first weights are torchvision's.
///
/// ```swift
/// let model = try Models.mobilenetV2(weights: .imagenet1kV1)
/// model.eval()
/// let scores = model(x).softmax(dim: 1)
/// ```
public enum Models {}

extension Models {
  /// The names of all networks, as `torchvision.models.list_models`: what ``getModel(_:weights:progress:numClasses:)`` takes.
  public static func listModels() -> [String] { builders.map(\.name) }

  /// The network of a name of torchvision's, as `torchvision.models.get_model`.
  ///
  /// ```swift
  /// let model = try Models.getModel("resnet50", weights: "IMAGENET1K_V2")
  /// ```
  /// - Parameters:
  ///   - name: such as `resnet18` or `vit_b_16`, in letters of any case.
  ///   - weights: such as `DEFAULT`, `IMAGENET1K_V1` or `ResNet18_Weights.IMAGENET1K_V1`; nil for none.
  ///   - progress: whether a download is shown.
  ///   - numClasses: how many classes there are; nil for those of the weights, or 1000.
  /// - Throws: ``ModelError`` where a name is unknown; `HubError` and the errors of loading, where there are `weights`.
  public static func getModel(
    _ name: String, weights: String? = nil, progress: Bool = true, numClasses: Int? = nil
  ) throws -> any Layer {
    guard let builder = builders.first(where: { $0.name == name.lowercased() }) else {
      throw ModelError(reason: "there is no model \"\(name)\"; there are \(listModels().joined(separator: ", "))")
    }
    return try builder.build(weights, progress, numClasses)
  }

  /// What a builder of the table does: weights by name, progress, classes.
  typealias Builder = @Sendable (String?, Bool, Int?) throws -> any Layer

  /// The weights of a name.
  static func named<Choice: PretrainedWeights>(_ name: String?) throws -> Choice? {
    guard let name else { return nil }
    // Behind the dot, where the name has the type in front.
    let last = name.split(separator: ".").last.map(String.init) ?? name
    if last == "DEFAULT" { return .default }
    guard let choice = Choice(rawValue: last) else {
      let known = Choice.allCases.map(\.rawValue) + ["DEFAULT"]
      throw ModelError(reason: "\(Choice.self) has no \"\(name)\"; it has \(known.joined(separator: ", "))")
    }
    return choice
  }

  /// How many classes a model is to have.
  static func classes(_ weights: (some PretrainedWeights)?, _ numClasses: Int?) -> Int {
    guard let weights, let trained = weights.meta.categories?.count else { return numClasses ?? 1000 }
    guard let numClasses, numClasses != trained else { return trained }
    fault(
      "numClasses",
      "these weights are of \(trained) classes, got \(numClasses); make the model with them and replace its last layer, "
        + "as in model.fc = Linear(model.fc.inFeatures, \(numClasses))")
  }

  /// A new model with pretrained weights, where there are to be any.
  /// - Parameter adapt: what is done to the state before it is loaded.
  static func pretrained<Net: Module>(
    _ weights: (some PretrainedWeights)?, _ progress: Bool, adapt: (StateDict) -> StateDict = { $0 }, _ make: () -> Net
  ) throws -> Net {
    // Before anything is fetched: making it tells arguments that do not go with the weights.
    let model = make()
    if let weights { try model.loadStateDict(adapt(weights.stateDict(progress: progress))) }
    return model
  }
}

/// Why there is no such model.
public struct ModelError: Error, Sendable, Hashable, CustomStringConvertible {
  public let reason: String

  public var description: String { reason }
}
