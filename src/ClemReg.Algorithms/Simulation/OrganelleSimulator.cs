using ClemReg.Algorithms.Detection;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>An organelle that was simulated.</summary>
/// <param name="Label">Its value in the label volume.</param>
/// <param name="Class">Its class: its place in <see cref="OrganelleSample.Classes"/>.</param>
/// <param name="Voxels">Its voxels.</param>
/// <param name="FirstSlice">The first slice that shows it, from 0.</param>
/// <param name="LastSlice">The last.</param>
public sealed record SimulatedOrganelle(int Label, int Class, long Voxels, int FirstSlice, int LastSlice);

/// <summary>A box of a slice.</summary>
/// <param name="Slice">The slice, from 0.</param>
/// <param name="Label">The organelle in it; 0: none.</param>
/// <param name="Box">The box, in pixels.</param>
public sealed record SliceBox(int Slice, int Label, DetectedBox Box);

/// <summary>A simulated EM stack and what is in it. Dispose of it to give the memory back.</summary>
/// <param name="Em">The stack, 8 bit.</param>
/// <param name="Labels">The organelles on the same grid: 0 is none.</param>
/// <param name="Organelles">Those that the stack shows, labels ascending.</param>
/// <param name="TrueBoxes">The tight box of each connected profile of each organelle, slice by slice.</param>
/// <param name="Boxes">The same as a detector would give them; those very ones where nothing else was asked for.</param>
public sealed record OrganelleSample(Volume<byte> Em, Volume<ushort> Labels, IReadOnlyList<SimulatedOrganelle> Organelles, IReadOnlyList<SliceBox> TrueBoxes, IReadOnlyList<SliceBox> Boxes) : IDisposable
{
    /// <summary>The names of the classes, in the order of their numbers.</summary>
    public static IReadOnlyList<string> Classes { get; } = ["early endosomes", "late endosomes", "lysosomes", "mitochondria", "nucleus"];

    /// <inheritdoc/>
    public void Dispose()
    {
        Em.Dispose();
        Labels.Dispose();
    }
}

/// <summary>Makes EM stacks with the classes of organelles of the FAMOUS paper's HeLa cell, and the exact truth: labels, classes, boxes.</summary>
public static class OrganelleSimulator
{
    private const int Early = 0, Late = 1, Lysosome = 2, Mitochondrion = 3, Nucleus = 4;

    /// <summary>The nucleus is darker than the cytoplasm, as the paper's recipe for it takes it to be.</summary>
    private const float Nucleoplasm = 140;

    /// <summary>Makes a stack.</summary>
    /// <param name="options">What to make.</param>
    /// <param name="job">Threads, cancellation, progress. Nothing depends on the number of threads.</param>
    /// <exception cref="BadInputException">An option is out of its range, or nothing that was asked for finds room.</exception>
    /// <exception cref="OutOfMemoryBudgetException">The volumes do not fit into memory.</exception>
    public static OrganelleSample Simulate(OrganelleSimulationOptions options, Job job)
    {
        options.Check();
        ulong key = RandomStream.Key(1, options.Seed);
        Grid grid = options.Grid;
        CellScene scene = job.Run("place organelles", 0, 0.1, part => new CellScene(Contents(options), new CellShape(grid.Origin, grid.ToPhysical(grid.Size.Z - 1, grid.Size.Y - 1, grid.Size.X - 1), RandomStream.Key(key, 1), part, options.Nucleus), RandomStream.Key(key, 2), part));
        foreach ((OrganelleKind kind, int count) in scene.Missing)
            if (count > 0) job.Warn($"{count} {(kind == OrganelleKind.EarlyEndosome ? "early" : "late")} endosomes found no room in the cell.");
        var em = new Volume<byte>(grid);
        var labels = new Volume<ushort>(grid);
        try
        {
            job.Run<object?>("draw EM", 0.1, 0.9, part =>
            {
                new EmRenderer(scene, grid, grid, options.Noise, RandomStream.Key(key, 3), Nucleoplasm).Render(em, labels, part);
                return null;
            });
            if (scene.Shape.HasNucleus) FillNucleus(scene, labels, (ushort)(scene.LastId + 1), job);
            int[] classOf = ClassesOf(scene);
            (SimulatedOrganelle[] organelles, SliceBox[] truth) = job.Run("boxes", 0.9, 1, part => Profiles(labels, classOf, options.LeastProfile, part));
            if (organelles.Length == 0) throw BadInputException.ForParameter("early_endosomes", "all counts", "such that at least one organelle finds room", "Raise the counts or the size.");
            return new OrganelleSample(em, labels, organelles, truth, BoxErrors.Make(truth, organelles, options, Late, Lysosome, RandomStream.Key(key, 4)));
        }
        catch
        {
            em.Dispose();
            labels.Dispose();
            throw;
        }
    }

    private static SceneContents Contents(OrganelleSimulationOptions options) => new()
    {
        Mitochondria = Wanted(options.Mitochondria),
        Lysosomes = Wanted(options.Lysosomes),
        EarlyEndosomes = Wanted(options.EarlyEndosomes),
        LateEndosomes = Wanted(options.LateEndosomes),
        OtherEndosomes = false,
        Bridged = options.Bridged,
        Size = options.Grid.Size,
    };

    private static int? Wanted(int count) => count == OrganelleSimulationOptions.AsInCells ? null : count;

    /// <summary>The class of each id.</summary>
    private static int[] ClassesOf(CellScene scene)
    {
        var classes = new int[scene.LastId + 2];
        foreach (Organelle o in scene.Organelles.Where(o => o.Id > 0))
            classes[o.Id] = o.Kind switch { OrganelleKind.EarlyEndosome => Early, OrganelleKind.LateEndosome => Late, OrganelleKind.Lysosome => Lysosome, _ => Mitochondrion };
        classes[^1] = Nucleus;
        return classes;
    }

    /// <summary>Gives the voxels within the envelope, the envelope among them, the nucleus's id.</summary>
    private static void FillNucleus(CellScene scene, Volume<ushort> labels, ushort id, Job job)
    {
        Grid grid = labels.Grid;
        job.For(grid.Size.Z, () => scene.Shape.On(grid), (z, reader) =>
        {
            for (int y = 0; y < grid.Size.Y; y++)
            {
                job.ThrowIfCancelled();
                reader.Row(z, y);
                Span<ushort> row = labels.Row(z, y);
                for (int x = 0; x < row.Length; x++)
                    if (row[x] == 0 && reader.Nucleus[x] >= 0 && reader.Cell[x] >= 0) row[x] = id;
            }
        });
    }

    /// <summary>What each label is, and the box of each of its connected profiles.</summary>
    private static (SimulatedOrganelle[] Organelles, SliceBox[] Boxes) Profiles(Volume<ushort> labels, int[] classOf, int least, Job job)
    {
        Size3 size = labels.Grid.Size;
        var boxes = new List<SliceBox>[size.Z];
        var voxels = new long[size.Z][];
        job.For(size.Z, () => new SliceProfiles(size.Y, size.X), (z, profiles) =>
        {
            job.ThrowIfCancelled();
            boxes[z] = [];
            voxels[z] = new long[classOf.Length];
            foreach (SliceProfile p in profiles.Find(labels.Slice(z)))
            {
                voxels[z][p.Label] += p.Pixels;
                if (p.Pixels >= least) boxes[z].Add(new SliceBox(z, p.Label, new DetectedBox(classOf[p.Label], 1, p.Left, p.Top, p.Right, p.Bottom)));
            }
        }, report: true);
        var organelles = new List<SimulatedOrganelle>();
        for (int label = 1; label < classOf.Length; label++)
        {
            long count = voxels.Sum(slice => slice[label]);
            if (count > 0) organelles.Add(new SimulatedOrganelle(label, classOf[label], count, Array.FindIndex(voxels, slice => slice[label] > 0), Array.FindLastIndex(voxels, slice => slice[label] > 0)));
        }
        return ([.. organelles], [.. boxes.SelectMany(b => b)]);
    }
}
