using ClemReg.Algorithms.Inference;
using ClemReg.Algorithms.Inference.ImageModels;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Inference.ImageModels;

public sealed class ModelCardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clemreg-cards").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ModelDescription Model(int rank = 4, params string[] outputs) => new()
    {
        File = "m.onnx",
        Bytes = 1,
        IrVersion = 8,
        Opset = 16,
        OtherOpsets = new Dictionary<string, long>(),
        Producer = "",
        Inputs = [new ModelPort("x", TensorType.Float32, [.. Enumerable.Range(0, rank).Select(i => new TensorAxis(i == 1 ? 1 : -1, ""))])],
        Outputs = [.. (outputs.Length > 0 ? outputs : ["prob"]).Select(o => new ModelPort(o, TensorType.Float32, [.. Enumerable.Range(0, rank).Select(_ => new TensorAxis(-1, ""))]))],
        Metadata = new Dictionary<string, string>(),
        Nodes = 1,
        Weights = 1,
        WeightBytes = 4,
        ExternalFiles = [],
        InfiniteWeights = [],
    };

    private ModelCard Find(ModelDescription? model = null) => ModelCards.Find(Path.Combine(_folder, "m.onnx"), model ?? Model(), new Job(1));

    [Fact]
    public void Without_a_card_the_models_inputs_and_outputs_tell()
    {
        ModelCard card = Find(Model(5, "mask_logits"));
        Assert.True(card.Volumetric);
        Assert.Equal(("x", new CardOutput("mask_logits", 0, Activation.Sigmoid)), (card.Input, card.Probability));
        Assert.Equal(new Size3(16, 16, 16), card.MultipleOf);
        string refusal = Assert.Throws<ModelException>(() => Find(Model(2))).Message;
        Assert.Contains("no model that finds a structure", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("Detect Objects", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_card_beside_the_model_is_read()
    {
        File.WriteAllText(Path.Combine(_folder, "m.json"), """
            { "name": "Nuclei", "pixel_size_nm": 16, "normalisation": { "kind": "percentile", "percentiles": [2, 98] }, "tile": [256, 512], "overlap": 32, "multiple_of": 8,
              "outputs": { "probability": { "output": "prob", "channel": 1, "activation": "softmax" }, "boundary": { "channel": 2 } }, "threshold": 0.4 }
            """);
        ModelCard card = Find();
        Assert.Equal(("Nuclei", 0.4, new Point3(16, 16, 16)), (card.Name, card.Threshold, card.PixelNm));
        Assert.Equal(new Normalisation(NormalisationKind.Percentile, LowPercentile: 2, HighPercentile: 98), card.Normalisation);
        Assert.Equal((new Size3(0, 256, 512), new Size3(32, 32, 32), new Size3(8, 8, 8)), (card.Tile, card.Overlap, card.MultipleOf));
        Assert.Equal((new CardOutput("prob", 1, Activation.Softmax), new CardOutput("prob", 2, Activation.None)), (card.Probability, card.Boundary));
    }

    [Theory]
    [InlineData("""{ "treshold": 0.5 }""", "treshold. Did you mean threshold?")]
    [InlineData("""{ "threshold": 1 }""", "threshold = 1")]
    [InlineData("""{ "threshold": "high" }""", "a number")]
    [InlineData("""{ "normalisation": { "kind": "magic" } }""", "normalisation.kind")]
    [InlineData("""{ "normalisation": { "std": 0 } }""", "normalisation.std = 0")]
    [InlineData("""{ "normalisation": { "percentiles": [5] } }""", "a list of 2 numbers")]
    [InlineData("""{ "outputs": { "probability": { "chanel": 1 } } }""", "outputs.probability.chanel")]
    [InlineData("""{ "tile": [1, 2, 3, 4] }""", "tile")]
    [InlineData("""{ "tile": 1.5 }""", "whole numbers")]
    [InlineData("""{ "pixel_size_nm": -4 }""", "pixel_size_nm")]
    [InlineData("""[ 1 ]""", "must be an object")]
    [InlineData("""{ "threshold": """, "not JSON")]
    public void A_mistake_in_a_card_is_named(string json, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "m.json"), json);
        string message = Assert.Throws<BadInputException>(() => Find()).Message;
        Assert.Contains("m.json", message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bioimage_io_s_older_description_is_read()
    {
        File.WriteAllText(Path.Combine(_folder, "rdf.yaml"), """
            format_version: 0.4.10
            name: Mitochondria
            weights: { onnx: { source: ./m.onnx, opset_version: 15 } }
            inputs:
              - { name: input0, axes: bczyx, shape: { min: [1, 1, 16, 64, 64], step: [0, 0, 8, 16, 16] },
                  preprocessing: [ { name: scale_range, kwargs: { mode: per_sample, axes: zyx, min_percentile: 1, max_percentile: 99.5 } } ] }
            outputs:
              - { name: prob, axes: bczyx, postprocessing: [ { name: sigmoid } ] }
            """);
        ModelCard card = Find(Model(5));
        Assert.Equal(("Mitochondria", "x", true, new Size3(8, 16, 16)), (card.Name, card.Input, card.Volumetric, card.MultipleOf));
        Assert.Equal(new Normalisation(NormalisationKind.Percentile, LowPercentile: 1, HighPercentile: 99.5), card.Normalisation);
        Assert.Equal(new CardOutput("prob", 0, Activation.Sigmoid), card.Probability);
    }

    [Fact]
    public void Bioimage_io_s_newer_description_is_read()
    {
        File.WriteAllText(Path.Combine(_folder, "rdf.yaml"), """
            format_version: 0.5.3
            name: Boundaries
            weights: { onnx: { source: m.onnx, opset_version: 15 } }
            inputs:
              - id: raw
                axes:
                  - { type: batch, size: 1 }
                  - { type: channel, channel_names: [em] }
                  - { type: space, id: y, size: 256, scale: 0.008, unit: micrometer }
                  - { type: space, id: x, size: { min: 64, step: 16 }, scale: 0.008, unit: micrometer }
                preprocessing: [ { id: ensure_dtype, kwargs: { dtype: float32 } }, { id: fixed_zero_mean_unit_variance, kwargs: { mean: 127.5, std: 51 } } ]
            outputs:
              - { id: out }
            """);
        ModelCard card = Find();
        Assert.Equal((new Point3(0, 8, 8), new Size3(1, 256, 0), new Size3(1, 1, 16)), (card.PixelNm, card.Tile, card.MultipleOf));
        Assert.Equal(0.5, card.Normalisation.Mean, 9);
        Assert.Equal(0.2, card.Normalisation.StandardDeviation, 9);
    }

    [Theory]
    [InlineData("weights: { onnx: { source: m.onnx } }\ninputs: [ { axes: byxc, shape: [1, 64, 64, 1] } ]\noutputs: [ {} ]", "byxc")]
    [InlineData("weights: { onnx: { source: m.onnx } }\ninputs: [ { axes: bcyx, shape: [1, 1, 64, 64], preprocessing: [ { name: clip } ] } ]\noutputs: [ {} ]", "clip")]
    [InlineData("weights: [ : ", "not YAML")]
    [InlineData("weights: { onnx: { source: m.onnx } }", "one input")]
    public void What_a_description_asks_for_in_vain_is_refused(string yaml, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "rdf.yaml"), yaml);
        Assert.Contains(expected, Assert.Throws<BadInputException>(() => Find()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_description_of_another_model_is_passed_over()
    {
        File.WriteAllText(Path.Combine(_folder, "rdf.yaml"), "weights: { onnx: { source: other.onnx } }");
        Assert.Equal("m.onnx", Find().Name);
    }
}
