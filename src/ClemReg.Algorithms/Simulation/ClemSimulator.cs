using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Simulation;

/// <summary>A simulated pair of volumes and what is known about it. Dispose of it to give the memory back.</summary>
/// <param name="Em">The EM stack, 8 bit; first voxel at (0, 0, 0).</param>
/// <param name="Labels">The exact mitochondria on the same grid: 0 is background, n is mitochondrion n.</param>
/// <param name="Fluorescence">One 16-bit volume per channel, all on the same grid; first voxel at (0, 0, 0).</param>
/// <param name="Truth">The true transform, the objects and the options.</param>
public sealed record ClemSample(Volume<byte> Em, Volume<ushort> Labels, IReadOnlyList<Volume<ushort>> Fluorescence, ClemTruth Truth) : IDisposable
{
    /// <summary>The exact lysosomes on the EM's grid, n is lysosome n; null without the second channel, which shows them.</summary>
    public Volume<ushort>? Lysosomes { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Em.Dispose();
        Labels.Dispose();
        Lysosomes?.Dispose();
        foreach (Volume<ushort> channel in Fluorescence) channel.Dispose();
    }
}

/// <summary>
/// Makes pairs of EM and fluorescence volumes with a known transform between them: for the built-in sample, for tests and to learn how
/// far a registration can be trusted.
/// </summary>
public static class ClemSimulator
{
    /// <summary>Makes a pair.</summary>
    /// <param name="options">What to make.</param>
    /// <param name="job">Threads, cancellation, progress. The voxels do not depend on the number of threads.</param>
    /// <exception cref="BadInputException">An option is out of its range, or the options together leave no room for a mitochondrion.</exception>
    /// <exception cref="OutOfMemoryBudgetException">The volumes do not fit into memory.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled.</exception>
    public static ClemSample Simulate(ClemSimulationOptions options, Job job)
    {
        options.Check();
        ulong key = RandomStream.Key(0, options.Seed);
        // Each part has its own key, so that a change of one option leaves the other parts as they are.
        ulong deformationKey = RandomStream.Key(key, 1), shapeKey = RandomStream.Key(key, 2), sceneKey = RandomStream.Key(key, 3);
        ulong emKey = RandomStream.Key(key, 4), selectionKey = RandomStream.Key(key, 5), fluorescenceKey = RandomStream.Key(key, 6);
        Grid em = options.EmGrid, wide = Surrounded(em, options);
        (TruthTransform transform, Grid moving) = FluorescenceRenderer.FieldOfView(options, deformationKey, job);
        CellScene scene = job.Run("place organelles", 0, 0.1, part =>
            new CellScene(Contents(options), new CellShape(wide.Origin, wide.ToPhysical(wide.Size.Z - 1, wide.Size.Y - 1, wide.Size.X - 1), shapeKey, part), sceneKey, part));

        var made = new Stack<IDisposable>();
        T Keep<T>(T volume) where T : IDisposable
        {
            made.Push(volume);
            return volume;
        }

        try
        {
            Volume<byte> image = Keep(new Volume<byte>(em));
            Volume<ushort> ids = Keep(new Volume<ushort>(wide));
            job.Run("draw EM", 0.1, 0.6, part =>
            {
                new EmRenderer(scene, wide, em, options.EmNoise, emKey).Render(image, ids, part);
                return image;
            });
            long[] voxels = CountVoxels(ids, em, scene.Mitochondria.Count, job);
            SimulatedMitochondrion[] mitochondria = ChooseBrightness(scene, voxels, options, selectionKey);
            FalseObject[] falseObjects = [.. scene.FalseBlobs.Select(b => new FalseObject(transform.Invert(b.Centre), b.Radii, b.Brightness))];
            var brightness = new float[ushort.MaxValue + 1];
            foreach (SimulatedMitochondrion m in mitochondria) brightness[m.Label] = (float)m.Brightness;
            var channels = new List<Volume<ushort>>
            {
                job.Run("draw fluorescence", 0.6, options.Channels > 1 ? 0.8 : 1, part => Keep(
                    new FluorescenceRenderer(options, transform, ids, moving).Render(brightness, falseObjects, RandomStream.Key(fluorescenceKey, 1), part))),
            };
            if (options.Channels > 1)
            {
                Array.Clear(brightness);
                var random = new RandomStream(RandomStream.Key(selectionKey, 2));
                foreach (Organelle lysosome in scene.Lysosomes) brightness[lysosome.Id] = (float)Math.Exp(options.BrightnessSpread * random.Gaussian());
                channels.Add(job.Run("draw second channel", 0.8, 1, part => Keep(
                    new FluorescenceRenderer(options, transform, ids, moving).Render(brightness, [], RandomStream.Key(fluorescenceKey, 2), part))));
            }
            int last = scene.Mitochondria.Count;
            Volume<ushort>? lysosomes = options.Channels > 1 ? Keep(new Volume<ushort>(em)) : null;
            if (lysosomes is not null) CopyLabels(ids, lysosomes, last, last + scene.Lysosomes.Length, job);
            // Without a surround the ids become the labels, which saves their memory.
            Volume<ushort> labels = wide.Size == em.Size ? ids : Keep(new Volume<ushort>(em));
            CopyLabels(ids, labels, 0, last, job);
            if (labels != ids) ids.Dispose();
            return new ClemSample(image, labels, channels, new ClemTruth(transform, options, mitochondria, falseObjects)) { Lysosomes = lysosomes };
        }
        catch
        {
            foreach (IDisposable volume in made) volume.Dispose();
            throw;
        }
    }

    private static SceneContents Contents(ClemSimulationOptions options) => new()
    {
        Mitochondria = options.Mitochondria > 0 ? options.Mitochondria : null,
        FalseObjects = options.FalseObjects,
        Size = options.EmGrid.Size,
    };

    /// <summary>The EM grid with its surround, in whole voxels.</summary>
    private static Grid Surrounded(Grid em, ClemSimulationOptions options)
    {
        int z = (int)Math.Round(options.SurroundZ / em.Spacing.Z), xy = (int)Math.Round(options.SurroundXy / em.Spacing.X);
        return new Grid(new Size3(em.Size.Z + 2 * z, em.Size.Y + 2 * xy, em.Size.X + 2 * xy), em.Spacing,
            new Point3(-z * em.Spacing.Z, -xy * em.Spacing.Y, -xy * em.Spacing.X));
    }

    /// <summary>The row of the ids along which a row of the EM lies.</summary>
    private static Span<ushort> RowOf(Volume<ushort> ids, Size3 em, int z, int y)
    {
        Size3 all = ids.Grid.Size;
        return ids.Row(z + (all.Z - em.Z) / 2, y + (all.Y - em.Y) / 2).Slice((all.X - em.X) / 2, em.X);
    }

    /// <summary>Counts each mitochondrion's voxels in the EM volume.</summary>
    private static long[] CountVoxels(Volume<ushort> ids, Grid em, int mitochondria, Job job)
    {
        var voxels = new long[mitochondria + 1];
        job.For(em.Size.Z, () => new long[mitochondria + 1], (z, counts) =>
        {
            Array.Clear(counts);
            for (int y = 0; y < em.Size.Y; y++)
            {
                job.ThrowIfCancelled();
                foreach (ushort id in RowOf(ids, em.Size, z, y))
                    if (id <= mitochondria) counts[id]++;
            }
            lock (voxels)
                for (int i = 0; i < counts.Length; i++) voxels[i] += counts[i];
        });
        return voxels;
    }

    /// <summary>Copies the objects after <paramref name="before"/> up to <paramref name="last"/> out of the ids, or within them, and numbers them from 1.</summary>
    private static void CopyLabels(Volume<ushort> ids, Volume<ushort> labels, int before, int last, Job job)
    {
        Size3 size = labels.Grid.Size;
        job.For(size.Z, z =>
        {
            for (int y = 0; y < size.Y; y++)
            {
                job.ThrowIfCancelled();
                ReadOnlySpan<ushort> from = RowOf(ids, size, z, y);
                Span<ushort> to = labels.Row(z, y);
                for (int x = 0; x < to.Length; x++) to[x] = from[x] > before && from[x] <= last ? (ushort)(from[x] - before) : (ushort)0;
            }
        });
    }

    /// <summary>Chooses which mitochondria are missing, exactly the wanted fraction of those in the EM volume, and how bright the others are.</summary>
    private static SimulatedMitochondrion[] ChooseBrightness(CellScene scene, long[] voxels, ClemSimulationOptions options, ulong key)
    {
        var random = new RandomStream(key);
        int[] shown = [.. Enumerable.Range(1, scene.Mitochondria.Count).Where(label => voxels[label] > 0)];
        for (int i = shown.Length - 1; i > 0; i--)
        {
            int j = random.NextInt(i + 1);
            (shown[i], shown[j]) = (shown[j], shown[i]);
        }
        HashSet<int> missing = [.. shown.Take((int)Math.Round(options.Missing * shown.Length))];
        var mitochondria = new SimulatedMitochondrion[scene.Mitochondria.Count];
        for (int i = 0; i < mitochondria.Length; i++)
        {
            Organelle o = scene.Mitochondria[i];
            double brightness = Math.Exp(options.BrightnessSpread * random.Gaussian());
            bool absent = missing.Contains(i + 1);
            mitochondria[i] = new SimulatedMitochondrion(i + 1, voxels[i + 1], absent, absent ? 0 : brightness, o.Length, o.MeanRadius, o.Branches);
        }
        return mitochondria;
    }
}
