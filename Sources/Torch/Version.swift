/// The version of swift-torch, as `torch.__version__`; `Torch.version` where another name hides it.
public let version = "0.1.0-dev"
