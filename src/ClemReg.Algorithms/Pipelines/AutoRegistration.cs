using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using ClemReg.Algorithms.Alignment;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Refinement;
using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;
using P = ClemReg.Algorithms.Pipelines.ClemRegParameters;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>What the algorithm auto found.</summary>
/// <param name="Transform">Fluorescence to EM, as given: a mirror image where the EM's slices are reversed and that was allowed.</param>
/// <param name="PredictedErrorNm">At a place of the EM as given.</param>
/// <param name="Verdict">How far to trust it.</param>
/// <param name="Course">For run.json.</param>
/// <param name="MovingMask">The fluorescence segmented for the second opinion; null where nothing was found in it.</param>
/// <param name="Points">The clouds of the second opinion, the fixed ones in the EM as given; null where there are too few points.</param>
internal sealed record AutoOutcome(
    SpatialTransform Transform, Func<Point3, double> PredictedErrorNm, RegistrationVerdict Verdict, JsonObject Course, BitVolume? MovingMask, PointPathCheck? Points);

/// <summary>The algorithm auto: global search, refinement on intensities, a deformation where it earns its place, and the verdict.</summary>
internal static class AutoRegistration
{
    private static readonly double[] FromSearch = [250], FromStart = [600, 250];

    /// <summary>A start further off than this is lost (nm); so a refinement that ends further away has left it.</summary>
    private const double FarNm = 1500;

    /// <summary>Poses of an unclear search that are refined, to choose by what the refinement says.</summary>
    private const int PosesRefined = 3;

    /// <summary>Registers.</summary>
    /// <param name="values">The parameters of <see cref="P.ForAuto"/>, the regions and the seed.</param>
    /// <param name="moving">The fluorescence.</param>
    /// <param name="fixedMask">The mitochondria of the EM.</param>
    /// <param name="start">Where to begin; null to search.</param>
    /// <param name="job">Threads, cancellation, progress, log, warnings.</param>
    public static AutoOutcome Register(ParameterValues values, Volume moving, BitVolume fixedMask, AffineTransform? start, Job job)
    {
        using BitVolume? region = ClemRegSteps.FixedRegion(values) is { } drawn ? Within(drawn, fixedMask, job) : null;
        using Volume? part = ClemRegSteps.Region(values) is { } shown ? Crop(moving, shown) : null;
        BitVolume mask = region ?? fixedMask;
        Volume fluorescence = part ?? moving;
        PointSpreadFunction? given = ClemRegSteps.GivenPsf(values);
        (double Part, float Value)? saturated = Check(fluorescence, given ?? new IntensityRefinementOptions().Psf, job);
        var options = new IntensityRefinementOptions
        {
            Kind = values.Get(P.RegistrationWithScale) ? LinearKind.Affine : LinearKind.Rigid,
            Psf = given ?? new IntensityRefinementOptions().Psf,
            PsfPrior = given is null ? new IntensityRefinementOptions().PsfPrior : 0.25,
            Seed = values.Get(P.Seed),
        };
        bool deform = values.Get(P.AutoDeformation) == "judge";

        GlobalAlignmentResult? search = start is not null && values.Get(P.SearchRotations) != "near_start" ? null
            : job.Run("search", 0, 0.4, work => GlobalAlignment.Search(fluorescence, mask, SearchOptions(values, options.Psf, start), work));
        bool correct = values.Get(P.EmSliceOrder) == "either", mirrored = false;
        using BitVolume? reversed = search is { HandednessUnclear: true } || search is { Reversed: true } && correct ? Reversed(mask) : null;
        var order = SliceOrder.AsGiven;
        IntensityRegistrationResult result;
        if (search is null)
        {
            result = job.Run("refine", 0.1, 0.9, work => Refine(fluorescence, mask, start!, options with { Levels = FromStart }, deform, work));
        }
        else
        {
            Say(search, job);
            try
            {
                (result, mirrored, order) = job.Run("refine", 0.4, 0.9, work => Best(fluorescence, mask, reversed, search, correct, options with { Levels = FromSearch }, deform, work));
            }
            catch (BadInputException e) when (search.Best.Score <= 0)
            {
                Point3 length = fluorescence.Grid.Spacing;
                Size3 size = fluorescence.Grid.Size;
                throw new BadInputException(string.Create(CultureInfo.InvariantCulture,
                    $"The search found no position at which the fluorescence ({size.X * length.X / 1000:F1} x {size.Y * length.Y / 1000:F1} x {size.Z * length.Z / 1000:F1} µm in x, y and z) resembles the EM's mitochondria. Is it the right channel, is the z stack as deep as the EM, are the voxel sizes right? Or give a registration_start, such as landmarks."), e);
            }
        }
        BitVolume target = mirrored ? reversed! : mask;
        (BitVolume? movingMask, PointPathCheck? points) = SecondOpinion(values, moving, target, result.Linear, job);
        // Where no position stands out, that a mirror image fits best says nothing about the slices.
        if (search is { Confidence: AlignmentConfidence.Refused }) order = SliceOrder.AsGiven;
        RegistrationVerdict verdict = RegistrationVerdict.Judge(result, search, points, given, mirrored && order == SliceOrder.Reversed ? SliceOrder.AsGiven : order, fluorescence.Grid, target, job, saturated);
        SpatialTransform transform = result.Transform;
        Func<Point3, double> error = result.PredictedErrorNm;
        if (mirrored)
        {
            AffineTransform reversal = search!.SliceReversal;
            transform = transform is AffineTransform affine ? affine.Then(reversal) : ((ChainedTransform)transform).Then(reversal);
            error = q => result.PredictedErrorNm(reversal.Apply(q));
            if (points is not null) points = points with { Fixed = reversal.Apply(points.Fixed) };
            job.Warn("The EM fits better with its slices in reversed order: it was registered as the mirror image that it is. Flip the stack (Image > Transform > Flip Z) where handedness matters.");
        }
        foreach (string reason in verdict.Reasons)
            if (verdict.Level == Reliability.Reliable) job.Log(reason);
            else job.Warn(reason);
        job.Log(string.Create(CultureInfo.InvariantCulture, $"Verdict: {verdict.Word}. Predicted error {verdict.PredictedErrorNm:F0} nm (95 %: {verdict.PredictedError95Nm:F0} nm)."));
        return new AutoOutcome(transform, error, verdict, Course(result, search, points, verdict, mirrored), movingMask, points);
    }

    /// <summary>What point clouds say, with the mask of the fluorescence that they are sampled from; null for what the images do not give.</summary>
    private static (BitVolume? MovingMask, PointPathCheck? Points) SecondOpinion(
        ParameterValues values, Volume moving, BitVolume emMask, IntensityRefinementResult found, Job job)
    {
        BitVolume? mask = null;
        try
        {
            mask = job.Run("segment_fluorescence", 0.9, 0.95, work => ClemRegSteps.Segment(values, moving, emMask.Grid.Spacing.Z, work));
            return (mask, job.Run("compare_with_points", 0.95, 1, work => PointPathCheck.Compare(mask, emMask, found.Transform, found.Psf, work)));
        }
        catch (BadInputException e)
        {
            job.Log("No second opinion by point clouds: " + e.Message);
            return (mask, null);
        }
        catch
        {
            mask?.Dispose();
            throw;
        }
    }

    /// <summary>The predicted error on a coarse grid over the EM, nm.</summary>
    public static Volume<float> ErrorMap(AutoOutcome outcome, Grid em, Job job)
    {
        const double step = 500;
        Point3 length = em.ToPhysical(em.Size.Z - 1, em.Size.Y - 1, em.Size.X - 1) - em.Origin;
        int Count(double l) => Math.Max(2, (int)Math.Ceiling(l / step) + 1);
        var size = new Size3(Count(length.Z), Count(length.Y), Count(length.X));
        double Step(double l, int n) => Math.Max(l, 1) / (n - 1);
        var map = new Volume<float>(new Grid(size, new Point3(Step(length.Z, size.Z), Step(length.Y, size.Y), Step(length.X, size.X)), em.Origin));
        job.For(size.Z * size.Y, row =>
        {
            Span<float> values = map.Row(row / size.Y, row % size.Y);
            for (int x = 0; x < size.X; x++) values[x] = (float)outcome.PredictedErrorNm(map.Grid.ToPhysical(row / size.Y, row % size.Y, x));
        });
        return map;
    }

    /// <summary>
    /// Refines the search's poses and takes that which fits best; those that do not stand out come after those that do, and those whose scale left the bounds last. Where the search cannot tell the EM from its mirror image, both are refined; the slices are
    /// in reversed order then if that fits clearly better, and it stays unclear if not.
    /// </summary>
    /// <param name="fluorescence">The fluorescence.</param>
    /// <param name="mask">The EM's mitochondria.</param>
    /// <param name="reversed">The same with the slices in reversed order, where poses of it are refined.</param>
    /// <param name="search">The poses.</param>
    /// <param name="correct">Whether the reversed slices may be registered.</param>
    /// <param name="options">The refinement's.</param>
    /// <param name="deform">Whether to try a deformation.</param>
    /// <param name="job">Threads, cancellation, progress, log.</param>
    /// <returns>The registration, whether it is that of the reversed slices, and what was found about their order.</returns>
    internal static (IntensityRegistrationResult Result, bool Mirrored, SliceOrder Order) Best(Volume fluorescence, BitVolume mask, BitVolume? reversed, GlobalAlignmentResult search, bool correct,
        IntensityRefinementOptions options, bool deform, Job job)
    {
        int most = search.Confidence == AlignmentConfidence.Accepted ? 1 : PosesRefined;
        SliceOrder order = search.Reversed ? SliceOrder.Reversed : SliceOrder.AsGiven;
        bool mirrored = search.Reversed && correct, unclear = search.HandednessUnclear;
        AlignmentPose[] poses = unclear ? [.. Of(false), .. Of(true)] : [.. Of(mirrored)];
        if (poses.Length == 1) return (Refine(fluorescence, MaskOf(poses[0]), poses[0].MovingToFixed, options, deform, job), mirrored, order);
        var refined = new List<(AlignmentPose Pose, IntensityRegistrationResult Result)>();
        BadInputException? failure = null;
        for (int i = 0; i < poses.Length; i++)
        {
            try
            {
                refined.Add((poses[i], job.Run("try_pose", (double)i / poses.Length, (i + 1.0) / poses.Length, work =>
                    Refine(fluorescence, MaskOf(poses[i]), poses[i].MovingToFixed, options, false, work))));
            }
            catch (BadInputException e)
            {
                failure = e; // This pose left the fluorescence; another may not.
            }
        }
        if (unclear)
        {
            ((bool Allowed, double Fit) given, (bool Allowed, double Fit) turned) = (Fit(false), Fit(true));
            bool Clearly((bool Allowed, double Fit) one, (bool Allowed, double Fit) other) => one.CompareTo((other.Allowed, GlobalAlignmentResult.AcceptedHandedness * other.Fit)) > 0;
            // A mirror image that stands out no more than wrong places do says nothing about the slices.
            double significance = refined.Where(r => r.Pose.Mirrored).Select(r => r.Result.Contrast.Significance).DefaultIfEmpty().Max();
            order = significance < RegistrationVerdict.UnlikelySignificance || Clearly(given, turned) ? SliceOrder.AsGiven : Clearly(turned, given) ? SliceOrder.Reversed : SliceOrder.Unclear;
            mirrored = correct && turned.CompareTo(given) > 0;
            job.Log(string.Create(CultureInfo.InvariantCulture, $"The search could not tell the EM from its mirror image. Refined, it explains the fluorescence with a correlation of {given.Fit:F2} as it is given, {turned.Fit:F2} with its slices in reversed order, which stands out by {significance:F1} standard deviations."));
        }
        (AlignmentPose Pose, IntensityRegistrationResult Result)[] left = [.. refined.Where(r => r.Pose.Mirrored == mirrored)];
        if (left.Length == 0) throw new BadInputException(failure!.Message, failure);
        (AlignmentPose pose, IntensityRegistrationResult best) = left.MaxBy(Rank);
        return (deform ? IntensityRegistration.Register(fluorescence, MaskOf(pose), best.Linear.Transform, options with { Levels = [] }, true, job) : best, mirrored, order);

        IEnumerable<AlignmentPose> Of(bool handedness) => search.Poses.Where(p => p.Mirrored == handedness).Take(most).DefaultIfEmpty(search.Best with { Mirrored = handedness });
        BitVolume MaskOf(AlignmentPose of) => of.Mirrored ? reversed! : mask;
        (bool Allowed, double Fit) Fit(bool handedness)
        {
            (bool allowed, _, double fit) = refined.Where(r => r.Pose.Mirrored == handedness).Select(Rank).DefaultIfEmpty().Max();
            return (allowed, fit);
        }
        (bool Allowed, bool StandsOut, double Fit) Rank((AlignmentPose Pose, IntensityRegistrationResult Result) one) =>
            (search.Allows(one.Result.Linear.Transform), one.Result.Contrast.Significance >= RegistrationVerdict.UnlikelySignificance, one.Result.Contrast.Correlation);
    }

    /// <summary>
    /// Refines a pose, first with much blur, which forgives one that is off. Blurred, all objects count with one brightness: where large ones do not shine that leads away even from the right
    /// place. So where the result does not stand out, or lies further from the start than one may be off, the sharp images alone are tried too, and what explains them better with a brightness for each object is taken.
    /// </summary>
    internal static IntensityRegistrationResult Refine(Volume fluorescence, BitVolume mask, AffineTransform start, IntensityRefinementOptions options, bool deform, Job job)
    {
        IntensityRegistrationResult blurred = job.Run("refine_from_blurred", 0, 0.7, work => IntensityRegistration.Register(fluorescence, mask, start, options, deform, work));
        bool trusted = blurred.Contrast.Significance >= RegistrationVerdict.UnlikelySignificance && Moved(start, blurred.Linear.Transform, mask.Grid) < FarNm;
        if (trusted || options.Levels.Count == 0) return blurred;
        IntensityRegistrationResult sharp = job.Run("refine_sharp", 0.7, 1, work => IntensityRegistration.Register(fluorescence, mask, start, options with { Levels = [] }, deform, work));
        return sharp.Linear.Correlation > blurred.Linear.Correlation ? sharp : blurred;
    }

    /// <summary>How far apart two maps put what the first puts at the corners of the EM, nm, on average.</summary>
    private static double Moved(AffineTransform from, AffineTransform to, Grid em)
    {
        AffineTransform back = from.Inverse();
        (int z, int y, int x) = em.Size;
        return Enumerable.Range(0, 8).Average(k =>
        {
            Point3 corner = em.ToPhysical((k >> 2) * (z - 1), (k >> 1 & 1) * (y - 1), (k & 1) * (x - 1));
            return (to.Apply(back.Apply(corner)) - corner).Length;
        });
    }

    /// <summary>Refuses what cannot be registered.</summary>
    /// <returns>The part of the voxels that are saturated, and their value; null where they are no more than a few.</returns>
    private static (double Part, float Value)? Check(Volume fluorescence, PointSpreadFunction psf, Job job)
    {
        const int leastSlices = 5;
        const double saturated = 5e-4;
        Size3 size = fluorescence.Grid.Size;
        if (size.Z < leastSlices)
            throw new BadInputException($"The fluorescence has {size.Z} z slice(s), and registration_algorithm=auto needs {leastSlices} or more: it compares the blur along z. Take a z stack, or register points with registration_algorithm=rigid.");
        double depth = size.Z * fluorescence.Grid.Spacing.Z;
        if (depth < 2 * psf.AxialNm)
            throw new BadInputException(string.Create(CultureInfo.InvariantCulture,
                $"The fluorescence is {depth:F0} nm deep ({size.Z} slices of {fluorescence.Grid.Spacing.Z:F0} nm), and registration_algorithm=auto needs {2 * psf.AxialNm:F0} or more, twice its blur along z (psf_z, {psf.AxialNm:F0} nm): nothing tells where along z something lies. Check the slice distance, take a deeper z stack, or register points with registration_algorithm=rigid."));
        var greatest = new float[size.Z];
        var count = new long[size.Z];
        job.For(size.Z, () => new float[size.SliceCount], (z, slice) =>
        {
            fluorescence.ReadSlice(z, slice);
            greatest[z] = TensorPrimitives.Max<float>(slice);
            if (!float.IsFinite(greatest[z]) || !float.IsFinite(TensorPrimitives.Min<float>(slice)))
                throw new BadInputException($"Slice {z + 1} of the fluorescence holds values that are not numbers (NaN or infinite). Replace them (Process > Math > NaN to zero) or crop them away.");
            count[z] = slice.AsSpan().Count(greatest[z]);
        });
        float most = greatest.Max();
        double part = greatest.Zip(count, (g, n) => g == most ? n : 0).Sum() / (double)size.Count;
        return part > saturated && part < 1 ? (part, most) : null;
    }

    private static GlobalAlignmentOptions SearchOptions(ParameterValues values, PointSpreadFunction psf, AffineTransform? start)
    {
        string rotations = values.Get(P.SearchRotations);
        if (rotations == "near_start" && start is null)
            throw BadInputException.ForParameter(P.SearchRotations.Name, rotations, "all, in_plane or in_plane_and_turned_over where no registration_start is given", "Give a registration_start, such as landmarks.");
        bool scaled = values.Get(P.RegistrationWithScale);
        return new GlobalAlignmentOptions
        {
            PsfLateralNm = psf.LateralNm,
            PsfAxialNm = psf.AxialNm,
            Rotations = rotations switch
            {
                "in_plane" => AlignmentRotations.InPlane,
                "in_plane_and_turned_over" => AlignmentRotations.InPlaneAndTurnedOver,
                "near_start" => AlignmentRotations.NearStart,
                _ => AlignmentRotations.All,
            },
            Start = start,
            MaximumAngleDegrees = values.Get(P.SearchAngle),
            ScaleMinimum = scaled ? values.Get(P.SearchScaleMinimum) : 1,
            ScaleMaximum = scaled ? values.Get(P.SearchScaleMaximum) : 1,
        };
    }

    private static void Say(GlobalAlignmentResult search, Job job)
    {
        string beside = double.IsFinite(search.Ratio)
            ? string.Create(CultureInfo.InvariantCulture, $"{search.Ratio:F2} times the next position's") : "no other position comes near";
        job.Log(string.Create(CultureInfo.InvariantCulture,
            $"Search: score {search.Best.Score:F2}, {beside}, {search.HandednessRatio:F2} times the mirror image's."));
    }

    /// <summary>The mask with its slices in reversed order.</summary>
    internal static BitVolume Reversed(BitVolume mask)
    {
        var reversed = new BitVolume(mask.Grid);
        for (int z = 0; z < mask.Grid.Size.Z; z++) mask.SliceWords(z).CopyTo(reversed.SliceWords(mask.Grid.Size.Z - 1 - z));
        return reversed;
    }

    private static BitVolume Within(RegionOfInterest region, BitVolume mask, Job job)
    {
        BitVolume part = mask.Copy();
        region.Apply(part, mask.Grid, job);
        return part;
    }

    /// <summary>The smallest box of the fluorescence that holds the region: what lies beside it in the box is seen too.</summary>
    private static Volume Crop(Volume moving, RegionOfInterest region)
    {
        (Size3 first, Size3 size) = region.Box(moving.Grid);
        return moving.Part(first, size);
    }

    private static JsonObject Course(
        IntensityRegistrationResult result, GlobalAlignmentResult? search, PointPathCheck? points, RegistrationVerdict verdict, bool mirrored)
    {
        IntensityRefinementResult linear = result.Linear;
        var history = new JsonArray();
        foreach (RefinementState state in linear.History)
            history.Add((JsonNode)new JsonObject
            {
                ["blur_nm"] = state.BlurNm,
                ["iteration"] = state.Iteration,
                ["movement_nm"] = ResultTable.Number(state.MovementNm),
                ["correlation"] = ResultTable.Number(state.Correlation),
            });
        var course = new JsonObject
        {
            ["iterations"] = linear.History.Count,
            ["converged"] = linear.Converged,
            ["linear"] = result.Kind.ToString().ToLowerInvariant(),
            ["scale"] = Math.Cbrt(Math.Abs(linear.Transform.Determinant)),
            ["correlation"] = linear.Correlation,
            ["psf_xy_nm"] = linear.Psf.LateralNm,
            ["psf_z_nm"] = linear.Psf.AxialNm,
            ["attenuation_per_um"] = 1000 * linear.AttenuationPerNm,
            ["objects"] = new JsonObject { ["bright"] = linear.Objects.Bright, ["all"] = linear.Objects.All },
            ["contrast"] = new JsonObject
            {
                ["correlation"] = ResultTable.Number(result.Contrast.Correlation),
                ["shifted"] = ResultTable.Number(result.Contrast.Decoy),
                ["significance"] = ResultTable.Number(result.Contrast.Significance),
            },
            ["mirrored"] = mirrored,
            ["history"] = history,
        };
        if (search is not null)
        {
            course["search"] = new JsonObject
            {
                ["score"] = ResultTable.Number(search.Best.Score),
                ["ratio"] = ResultTable.Number(search.Ratio),
                ["handedness_ratio"] = ResultTable.Number(search.HandednessRatio),
                ["overlap"] = ResultTable.Number(search.Best.Overlap),
                ["reversed"] = search.Reversed,
                ["largest_left_out"] = search.LargestLeftOut,
                ["confidence"] = search.Confidence.ToString().ToLowerInvariant(),
            };
        }
        if (points is not null)
        {
            course["point_clouds"] = new JsonObject
            {
                ["speak"] = points.Speaks,
                ["difference_nm"] = ResultTable.Number(points.DifferenceNm),
                ["forward_backward_nm"] = ResultTable.Number(points.ForwardBackwardNm),
                ["matched"] = ResultTable.Number(points.Matched),
            };
        }
        if (result.Judgement is { } judgement)
        {
            course["held_out"] = new JsonObject
            {
                ["better"] = judgement.Accepted,
                ["text"] = judgement.Text,
                ["columns"] = judgement.Columns,
                ["gain"] = ResultTable.Number(judgement.Gain),
                ["significance"] = ResultTable.Number(judgement.Significance),
                ["deformation_rms_nm"] = ResultTable.Number(judgement.DisplacementNm),
            };
        }
        course["verdict"] = verdict.Word;
        return course;
    }
}
