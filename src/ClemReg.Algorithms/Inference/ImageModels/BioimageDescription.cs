using System.Globalization;
using ClemReg.Algorithms.Inference.Models;
using ClemReg.Algorithms.Volumes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>
/// Reads what bioimage.io's description (rdf.yaml, format 0.4 and 0.5) says of an ONNX model: axes, sizes, intensities, halo. What this software cannot do as
/// described is refused, not guessed.
/// </summary>
internal static class BioimageDescription
{
    private const string MicrometreUnit = "micrometer", NanometreUnit = "nanometer";

    /// <summary>Reads a description.</summary>
    /// <param name="yaml">Its text.</param>
    /// <param name="file">What messages call it.</param>
    /// <param name="model">What the model's file holds.</param>
    /// <param name="assumed">Holds for what it leaves out.</param>
    /// <returns>The card; null where the description is of another model.</returns>
    /// <exception cref="BadInputException">It is no YAML, or describes what cannot be done.</exception>
    public static ModelCard? Read(string yaml, string file, ModelDescription model, ModelCard assumed)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException e)
        {
            throw new BadInputException($"{file} is not YAML: {e.Message}", e);
        }
        if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is not YamlMappingNode root) throw new BadInputException($"{file} is empty.");
        YamlNode? weights = Find(root, "weights", "onnx", "source");
        if (weights is not YamlScalarNode { Value: { } source } || Path.GetFileName(source) != model.File) return null;
        if (Find(root, "inputs") is not YamlSequenceNode { Children.Count: 1 } inputs || Find(root, "outputs") is not YamlSequenceNode { Children.Count: > 0 } outputs)
            throw new BadInputException($"{file}: one input and an output are needed.");
        YamlNode input = inputs.Children[0], output = outputs.Children[0];
        Axis[] axes = Axes(input, file);
        string order = string.Concat(axes.Select(a => a.Letter));
        if (order is not ("bcyx" or "bczyx")) throw new BadInputException($"{file}: the input's axes are {order}; bcyx or bczyx are needed.");
        bool volumetric = order.Length == 5;
        Axis Of(char letter) => axes.FirstOrDefault(a => a.Letter == letter) ?? new Axis(letter, 1, 1, 0);
        (Axis z, Axis y, Axis x) = (Of('z'), Of('y'), Of('x'));
        // Ids need not be the names in the model; then the first is meant.
        string? Named(YamlNode port, IReadOnlyList<ModelPort> ports) =>
            new[] { Text(Find(port, "name")), Text(Find(port, "id")) }.FirstOrDefault(n => ports.Any(p => p.Name == n));
        return (assumed with
        {
            Name = Text(Find(root, "name")) ?? assumed.Name,
            Input = Named(input, model.Inputs) ?? assumed.Input,
            Volumetric = volumetric,
            PixelNm = y.Nm > 0 && x.Nm > 0 ? new Point3(volumetric ? z.Nm : 0, y.Nm, x.Nm) : assumed.PixelNm,
            Normalisation = Preparation(input, file),
            Tile = new Size3(volumetric ? Side(z) : 1, Side(y), Side(x)),
            MultipleOf = new Size3(volumetric ? Math.Max(1, z.Step) : 1, Math.Max(1, y.Step), Math.Max(1, x.Step)),
            Probability = new CardOutput(Named(output, model.Outputs) ?? assumed.Probability.Output, 0, After(output, file)),
        }).Checked(file);

        // A fixed length is the piece; else the pieces are this software's to choose.
        static int Side(Axis axis) => axis.Step == 0 ? axis.Least : 0;
    }

    /// <param name="Letter">b, c, z, y or x.</param>
    /// <param name="Least">The least length.</param>
    /// <param name="Step">Lengths grow by this; 0: there is one length.</param>
    /// <param name="Nm">A pixel's length; 0 where it is not said.</param>
    private sealed record Axis(char Letter, int Least, int Step, double Nm);

    private static Axis[] Axes(YamlNode port, string file)
    {
        // 0.4: axes: bcyx, shape: [...] or {min: [...], step: [...]}.
        if (Find(port, "axes") is YamlScalarNode { Value: { } letters })
        {
            int[]? fixedShape = Wholes(Find(port, "shape")), least = Wholes(Find(port, "shape", "min")), step = Wholes(Find(port, "shape", "step"));
            if ((fixedShape ?? least)?.Length != letters.Length) throw new BadInputException($"{file}: the input's shape has not as many numbers as it has axes ({letters}).");
            return [.. letters.Select((c, i) => new Axis(c, (fixedShape ?? least)![i], fixedShape is null ? step?.ElementAtOrDefault(i) ?? 1 : 0, 0))];
        }
        // 0.5: a list of {type, id, size: n or {min, step}, scale, unit}.
        if (Find(port, "axes") is not YamlSequenceNode list) throw new BadInputException($"{file}: the input has no axes.");
        return
        [
            .. list.Children.Select(axis =>
            {
                string type = Text(Find(axis, "type")) ?? "";
                char letter = type switch { "batch" => 'b', "channel" => 'c', _ => (Text(Find(axis, "id")) ?? "?")[0] };
                bool one = Find(axis, "size") is YamlScalarNode;
                int least = Whole(Find(axis, "size", "min")) ?? Whole(Find(axis, "size")) ?? 1, step = one ? 0 : Whole(Find(axis, "size", "step")) ?? 1;
                double scale = Number(Find(axis, "scale")) ?? 0;
                double nm = Text(Find(axis, "unit")) switch { MicrometreUnit => 1000 * scale, NanometreUnit => scale, _ => 0 };
                return new Axis(letter, least, step, nm);
            }),
        ];
    }

    private static Normalisation Preparation(YamlNode input, string file)
    {
        // Without a word the model takes the image's own numbers: 8 bit as 0 to 255.
        var plain = new Normalisation(StandardDeviation: 1.0 / 255);
        if (Find(input, "preprocessing") is not YamlSequenceNode steps) return plain;
        Normalisation? found = null;
        foreach (YamlNode step in steps.Children)
        {
            string name = Text(Find(step, "name")) ?? Text(Find(step, "id")) ?? "";
            if (name == "ensure_dtype") continue;
            YamlNode? with = Find(step, "kwargs");
            if (found is not null) throw new BadInputException($"{file}: preprocessing with several steps ({name} after another) is not supported; write a model card instead (docs/model-cards.md).");
            bool dataset = Text(Find(with, "mode")) == "per_dataset";
            found = name switch
            {
                "scale_range" => new Normalisation(NormalisationKind.Percentile, LowPercentile: Number(Find(with, "min_percentile")) ?? 0,
                    HighPercentile: Number(Find(with, "max_percentile")) ?? 100, WholeVolume: dataset),
                "zero_mean_unit_variance" or "fixed_zero_mean_unit_variance" when Number(Find(with, "mean")) is { } mean && Number(Find(with, "std")) is { } std =>
                    new Normalisation(Mean: mean / 255, StandardDeviation: std / 255),
                "zero_mean_unit_variance" => new Normalisation(NormalisationKind.Standardise, WholeVolume: dataset),
                "scale_linear" when (Number(Find(with, "gain")) ?? 1) is > 0 and var gain => new Normalisation(Mean: -(Number(Find(with, "offset")) ?? 0) / gain / 255, StandardDeviation: 1 / gain / 255),
                _ => throw new BadInputException($"{file}: preprocessing by {name} is not supported (scale_range, zero_mean_unit_variance and scale_linear are). Write a model card instead (docs/model-cards.md)."),
            };
        }
        return found ?? plain;
    }

    private static Activation After(YamlNode output, string file)
    {
        Activation activation = Activation.None;
        if (Find(output, "postprocessing") is not YamlSequenceNode steps) return activation;
        foreach (YamlNode step in steps.Children)
        {
            string name = Text(Find(step, "name")) ?? Text(Find(step, "id")) ?? "";
            if (name is "sigmoid") activation = Activation.Sigmoid;
            else if (name is "softmax") activation = Activation.Softmax;
            // Binarising is done by the threshold; a change of type changes no value.
            else if (name is not ("binarize" or "ensure_dtype"))
                throw new BadInputException($"{file}: postprocessing by {name} is not supported (sigmoid, softmax and binarize are). Write a model card instead (docs/model-cards.md).");
        }
        return activation;
    }

    private static YamlNode? Find(YamlNode? node, params string[] path)
    {
        foreach (string key in path)
        {
            if (node is not YamlMappingNode map || !map.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? next)) return null;
            node = next;
        }
        return node;
    }

    private static string? Text(YamlNode? node) => (node as YamlScalarNode)?.Value;

    private static double? Number(YamlNode? node)
    {
        YamlNode? one = node is YamlSequenceNode { Children.Count: 1 } list ? list.Children[0] : node;
        return double.TryParse(Text(one), NumberStyles.Float, CultureInfo.InvariantCulture, out double d) ? d : null;
    }

    private static int? Whole(YamlNode? node) => int.TryParse(Text(node), NumberStyles.Integer, CultureInfo.InvariantCulture, out int i) ? i : null;

    private static int[]? Wholes(YamlNode? node) => node is YamlSequenceNode list && list.Children.All(c => Whole(c) is not null) ? [.. list.Children.Select(c => Whole(c)!.Value)] : null;
}
