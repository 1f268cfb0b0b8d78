using System.Globalization;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Preparation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using ClemReg.Algorithms.Warping;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Brings an image into the shape that registration wants. Every step is off unless asked for; their order is fixed.</summary>
internal static class PrepareOperation
{
    private const string Geometry = "Geometry", Orientation = "Orientation", Sampling = "Voxel size", Values = "Grey values", General = "General";
    private const string None = "none", Voxels = "voxels";

    public static readonly BooleanParameter Labels = new("labels", "Labels or mask", General,
        "The image holds labels or a mask: bin takes the most frequent label, resampling the nearest voxel, and grey values are left alone.", false)
    { Option = true };

    private static readonly BooleanParameter DetectsLabels = new("label_detection", "Recognise labels", General,
        "Where bin or resample_spacing make new values: an image that looks like labels or a mask, with areas of one whole number, is treated as with labels = true; the log says so. Not together with eight_bit or invert, which are for grey values.",
        true);

    private static readonly TextParameter Crop = new("crop", "1. Crop", Geometry,
        "The box to keep: first:last along z, y and x, separated by commas; an axis left empty is kept whole. Voxels count from 0, both ends are kept; with crop_unit = nm these are positions, and voxels whose centres lie between them are kept.",
        "", "three ranges first:last, z,y,x, separated by commas, such as 10:89,,100:499")
    { Option = true };

    private static readonly ChoiceParameter CropUnit = new("crop_unit", "Unit of crop", Geometry, "What crop counts in: voxels, or nm in the image's own coordinates, its origin included.",
        Voxels, Voxels, "nm");

    private static readonly TextParameter Bin = new("bin", "2. Bin", Geometry,
        "Joins blocks of so many voxels to one: their mean, or the most frequent label. One number for all axes or three as z,y,x. Voxels at the far ends that fill no block are left out.",
        "1", "one whole number from 1 to 32, or three separated by commas (z,y,x), such as 4 or 1,4,4")
    { Option = true };

    private static readonly ChoiceParameter Reslice = new("reslice", "3. Reslice", Orientation,
        "Exchanges z with another axis, as ImageJ's Reslice: xz makes y the axis of the stack, yz makes x. This gives a mirror image; to keep the hand, use rotate.", None, None, "xz", "yz")
    { Option = true };

    private static readonly ChoiceParameter Rotate = new("rotate", "4. Rotate", Orientation,
        "Turns by 90, 180 or 270 degrees about an axis: z90 turns each slice clockwise on the screen (x goes to y); x90 takes y to z, y90 takes z to x.",
        None, None, "z90", "z180", "z270", "y90", "y180", "y270", "x90", "x180", "x270")
    { Option = true };

    private static readonly ChoiceParameter Flip = new("flip", "5. Flip", Orientation,
        "Reverses axes. One axis or three give a mirror image, which no registration undoes.", None, None, "z", "y", "x", "zy", "zx", "yx", "zyx")
    { Option = true };

    private static readonly TextParameter Resample = new("resample_spacing", "6. New voxel size", Sampling,
        "Interpolates to voxels of this size: one length for isotropic voxels, or three as z,y,x. Lengths along the new axes, after reslice and rotate.",
        "", "left empty, or one positive length in nm, or three separated by commas (z,y,x), such as 20 or 40,20,20", unit: "nm")
    { Option = true };

    private static readonly ChoiceParameter Interpolation = new("resample_interpolation", "Interpolation", Sampling,
        "linear, or the nearest voxel. Labels always take the nearest.", "linear", "linear", "nearest");

    private static readonly BooleanParameter Antialias = new("resample_antialias", "Blur before coarser sampling", Sampling,
        "Where the new voxels are more than 1.5 times as large, the image is blurred first by a Gaussian, as is due; not with the nearest voxel.", true);

    private static readonly BooleanParameter EightBit = new("eight_bit", "7. Convert to 8 bit", Values,
        "Maps the grey values between two percentiles of the whole stack to 0 to 255, every slice alike.", false)
    { Option = true };

    private static readonly NumberParameter ContrastLow = new("contrast_low", "Black at", Values, "percentile",
        "For eight_bit: this percentile of all voxels of the stack becomes 0.", 0.1, 0, 100);

    private static readonly NumberParameter ContrastHigh = new("contrast_high", "White at", Values, "percentile",
        "For eight_bit: this percentile of all voxels of the stack becomes 255.", 99.9, 0, 100);

    private static readonly BooleanParameter ContrastSkipZeros = new("contrast_skip_zeros", "Empty voxels do not count", Values,
        "For eight_bit: voxels of value 0, such as the borders of aligned stacks, do not count for the percentiles.", false);

    private static readonly BooleanParameter Invert = new("invert", "8. Invert", Values,
        "Makes dark bright: 255 minus the value for 8 bit, otherwise the stack's least and largest value change places.", false)
    { Option = true };

    private static readonly IntegerParameter MemoryBudget = new("memory_budget", "Memory budget", General, "MB",
        "Memory for reslice and for turns about x or y: where the result is larger the image is read several times. The result is the same.", 512, 1, 1000000);

    public static Operation Definition { get; } = new(
        "prepare", "Prepare image",
        "Crops, bins, reslices, rotates, flips, resamples, converts to 8 bit and inverts an image, in this order, each only where asked for. Voxel size and origin are kept right; the transform says where a structure of the image lies in the result.",
        [new Port("source", PortKind.Source, "The image; its slices are read when they are needed.")],
        [
            new Port("prepared", PortKind.Source, "The prepared image; its slices are computed when they are read."),
            new Port("transform", PortKind.Transform, "From the image's coordinates to those of the result: the identity unless the image was resliced, rotated or flipped."),
            new Port("inverse_transform", PortKind.Transform, "Back again."),
        ],
        [
            Crop, CropUnit, Bin, Reslice, Rotate, Flip, Resample, Interpolation, Antialias, EightBit, ContrastLow, ContrastHigh, ContrastSkipZeros, Invert,
            Labels, DetectsLabels, MemoryBudget,
        ],
        Run);

    private static OperationResult Run(OperationRequest request, Job job)
    {
        ParameterValues values = request.Values;
        var source = request.Input<ISliceSource>("source");
        Check(values);
        var chain = new SourceChain(source);
        try
        {
            AddCrop(chain, values);
            bool labels = values.Get(Labels) || Detected(chain.Last, values, job);
            AddBin(chain, values, labels, job);
            AffineTransform transform = AddOrientation(chain, values, job);
            AddResampling(chain, values, labels, job);
            JsonObject report = GridJson.Describe(chain.Grid);
            AddGreyValues(chain, values, report, job);
            if (ReferenceEquals(chain.Last, source))
                throw new BadInputException("prepare has nothing to do: set at least one of crop, bin, reslice, rotate, flip, resample_spacing, eight_bit and invert.");
            report["type"] = chain.Type.ToString().ToLowerInvariant();
            report["mirrored"] = transform.Determinant < 0;
            if (transform.Determinant < 0)
                job.Log("The result is a mirror image of the sample. That is right where the image was mirrored before; registration never mirrors.");
            AffineTransform inverse = transform.Inverse();
            report["parameters"] = values.ToJson();
            report["transform"] = TransformJson(transform, TransformFile.MovingToFixed, values);
            report["inverse_transform"] = TransformJson(inverse, TransformFile.FixedToMoving, values);
            return new OperationResult(
                new Dictionary<string, object> { ["prepared"] = chain, ["transform"] = transform, ["inverse_transform"] = inverse }, report)
            { RetainedInputs = ["source"] };
        }
        catch
        {
            chain.Dispose();
            throw;
        }
    }

    private static void Check(ParameterValues values)
    {
        double low = values.Get(ContrastLow), high = values.Get(ContrastHigh);
        if (values.Get(EightBit) && low >= high)
            throw BadInputException.ForParameter(ContrastLow.Name, low, $"below contrast_high = {high.ToString(CultureInfo.InvariantCulture)}");
        if (!values.Get(Labels)) return;
        if (values.Get(EightBit)) throw BadInputException.ForParameter(EightBit.Name, "true", "false where labels = true", "Labels are names, not grey values.");
        if (values.Get(Invert)) throw BadInputException.ForParameter(Invert.Name, "true", "false where labels = true", "Labels are names, not grey values.");
    }

    private static bool Detected(ISliceSource source, ParameterValues values, Job job)
    {
        bool averages = values.Get(Bin).Trim() != "1" || !string.IsNullOrWhiteSpace(values.Get(Resample)) && values.Get(Interpolation) != "nearest";
        if (!averages || !values.Get(DetectsLabels) || values.Get(EightBit) || values.Get(Invert) || !(source is BitVolume || LabelDetection.LooksLikeLabels(source, job))) return false;
        job.Log($"The image looks like labels or a mask, so a block takes its most frequent label and resampling the nearest voxel, as with {Labels.Name} = true; {DetectsLabels.Name} = false does without.");
        return true;
    }

    private static void AddCrop(SourceChain chain, ParameterValues values)
    {
        string text = values.Get(Crop);
        if (string.IsNullOrWhiteSpace(text)) return;
        Grid grid = chain.Grid;
        string[] ranges = text.Split(',');
        if (ranges.Length != 3) throw Refuse();
        bool nm = values.Get(CropUnit) == "nm";
        int[] size = [grid.Size.Z, grid.Size.Y, grid.Size.X], from = [0, 0, 0], to = [size[0] - 1, size[1] - 1, size[2] - 1];
        for (int axis = 0; axis < 3; axis++)
        {
            if (string.IsNullOrWhiteSpace(ranges[axis])) continue;
            string[] ends = ranges[axis].Split(':');
            if (ends.Length != 2 || !Number(ends[0], out double first) || !Number(ends[1], out double last) || last < first) throw Refuse();
            if (nm)
            {
                double a = (first - grid.Origin[axis]) / grid.Spacing[axis], b = (last - grid.Origin[axis]) / grid.Spacing[axis];
                // Rounding must not cost a voxel whose centre is the end itself.
                (first, last) = (Math.Max(0, Math.Ceiling(a - 1e-6)), Math.Min(size[axis] - 1, Math.Floor(b + 1e-6)));
            }
            else if (first != Math.Floor(first) || last != Math.Floor(last)) throw Refuse();
            if (first < 0 || last >= size[axis] || last < first)
                throw BadInputException.ForParameter(Crop.Name, text, nm
                    ? string.Create(CultureInfo.InvariantCulture, $"such that voxels remain along {"zyx"[axis]}, where the image reaches from {grid.Origin[axis]:G6} to {grid.Origin[axis] + (size[axis] - 1) * grid.Spacing[axis]:G6} nm")
                    : $"from 0 to {size[axis] - 1} along {"zyx"[axis]}");
            (from[axis], to[axis]) = ((int)first, (int)last);
        }
        if (from is [0, 0, 0] && to[0] == size[0] - 1 && to[1] == size[1] - 1 && to[2] == size[2] - 1) return;
        chain.Add(new CroppedSource(chain.Last, (from[0], from[1], from[2]), new Size3(to[0] - from[0] + 1, to[1] - from[1] + 1, to[2] - from[2] + 1)));

        BadInputException Refuse() => BadInputException.ForParameter(Crop.Name, text, Crop.Allowed);
        static bool Number(string part, out double number) =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }

    private static void AddBin(SourceChain chain, ParameterValues values, bool labels, Job job)
    {
        string text = values.Get(Bin);
        string[] parts = text.Split(',');
        int[] factors = [1, 1, 1];
        if (parts.Length is not (1 or 3)) throw Refuse();
        for (int i = 0; i < 3; i++)
            if (!int.TryParse(parts[parts.Length == 1 ? 0 : i], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out factors[i])
                || factors[i] is < 1 or > BinnedSource.MaximumFactor) throw Refuse();
        if (factors is [1, 1, 1]) return;
        Size3 before = chain.Grid.Size;
        chain.Add(new BinnedSource(chain.Last, (factors[0], factors[1], factors[2]), labels, job));
        (int z, int y, int x) = (before.Z % factors[0], before.Y % factors[1], before.X % factors[2]);
        if (z + y + x > 0) job.Log($"The last {z}, {y}, {x} voxels (z, y, x) fill no block of bin = {text} and are left out.");

        BadInputException Refuse() => BadInputException.ForParameter(Bin.Name, text, Bin.Allowed);
    }

    private static AffineTransform AddOrientation(SourceChain chain, ParameterValues values, Job job)
    {
        AxisOrientation all = AxisOrientation.Identity;
        AffineTransform transform = AffineTransform.Identity;
        Grid grid = chain.Grid;
        void Turn(AxisOrientation step, (Grid Grid, AffineTransform Transform) made)
        {
            all = all.Then(step);
            (grid, transform) = (made.Grid, transform.Then(made.Transform));
        }
        if (values.Get(Reslice) != None)
        {
            var swap = AxisOrientation.Swap(0, values.Get(Reslice) == "xz" ? 1 : 2);
            Turn(swap, swap.Exchanged(grid));
        }
        string rotate = values.Get(Rotate);
        if (rotate != None)
        {
            var quarter = AxisOrientation.QuarterTurn("zyx".IndexOf(rotate[0], StringComparison.Ordinal));
            for (int degrees = int.Parse(rotate.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture); degrees > 0; degrees -= 90) Turn(quarter, quarter.AboutCentre(grid));
        }
        if (values.Get(Flip) != None)
            foreach (char axis in values.Get(Flip))
            {
                var flip = AxisOrientation.Flip("zyx".IndexOf(axis, StringComparison.Ordinal));
                Turn(flip, flip.AboutCentre(grid));
            }
        if (all.IsIdentity) return transform;
        var turned = new ReorientedSource(chain.Last, all, grid, (long)values.Get(MemoryBudget) << 20, job);
        chain.Add(turned);
        if (turned.Passes > 1) job.Log($"The image is read {turned.Passes} times, because the result is larger than memory_budget = {values.Get(MemoryBudget)} MB.");
        return transform;
    }

    private static void AddResampling(SourceChain chain, ParameterValues values, bool labels, Job job)
    {
        string text = values.Get(Resample);
        if (string.IsNullOrWhiteSpace(text)) return;
        Grid grid = OutputGrid.WithSpacing(chain.Grid, Lengths.ParseVoxelSize(Resample, text), Resample.Name);
        bool nearest = labels || values.Get(Interpolation) == "nearest";
        if (!nearest && values.Get(Antialias))
        {
            Point3 sigma = BlurredSource.Sigma(chain.Grid, AffineTransform.Identity, grid);
            if (sigma != default)
            {
                job.Log(string.Create(CultureInfo.InvariantCulture,
                    $"The new voxels are larger than the image's, so it is blurred first (sigma {sigma.Z:F2}, {sigma.Y:F2}, {sigma.X:F2} voxels, z, y, x); resample_antialias = false does without."));
                chain.Add(new BlurredSource(chain.Last, sigma, job));
            }
        }
        chain.Add(new ResampledSource(chain.Last, grid, nearest, job));
    }

    private static void AddGreyValues(SourceChain chain, ParameterValues values, JsonObject report, Job job)
    {
        if (values.Get(EightBit))
        {
            (double low, double high) = StackContrast.Measure(chain.Last, values.Get(ContrastLow), values.Get(ContrastHigh), values.Get(ContrastSkipZeros), job);
            if (high <= low)
                job.Warn(string.Create(CultureInfo.InvariantCulture,
                    $"contrast_low and contrast_high both lie at the grey value {low:G6}, so the 8-bit image is black and white only. Is this channel empty?"));
            report["contrast"] = new JsonArray(low, high);
            job.Log(string.Create(CultureInfo.InvariantCulture, $"Grey values from {low:G6} to {high:G6} become 0 to 255."));
            chain.Add(MappedSource.EightBit(chain.Last, low, high, job));
        }
        if (!values.Get(Invert)) return;
        (double least, double largest) = chain.Type == VoxelType.UInt8 ? (0, 255) : StackContrast.Measure(chain.Last, 0, 100, false, job);
        chain.Add(MappedSource.Inverted(chain.Last, least, largest, job));
    }

    private static JsonObject TransformJson(AffineTransform transform, string direction, ParameterValues values)
    {
        JsonObject json = TransformFile.Write(transform, transform.Determinant < 0 ? "affine" : "rigid", direction);
        json["moving"] = "image";
        json["fixed"] = "prepared image";
        json["parameters"] = values.ToJson();
        json["software"] = new JsonObject { ["name"] = "ClemReg.Fiji", ["version"] = Operations.Version };
        return json;
    }
}
